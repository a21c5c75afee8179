# The front door. `make` says what there is.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup run test bench fmt check ci

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Install what building and running need
	@scripts/setup

run: setup ## Build and sell, with demo concerts, on http://127.0.0.1:8080
	swift build -c release --product jari
	.build/release/jari serve

test: check ## Everything that must hold
	@scripts/setup test
	swift build --build-tests
	swift test --skip-build
	e2e/run

bench: ## Measure against a bare Hummingbird route, as ratios
	@scripts/setup bench
	swift build -c release --product BareHello
	swift build -c release --product jari
	python3 bench/run.py $(BENCH)

fmt: ## Format all Swift
	swift format --in-place --recursive --parallel Package.swift Sources Tests bench

check: setup ## Format and lint, changing nothing
	swift format lint --strict --recursive --parallel Package.swift Sources Tests bench

ci: test ## What CI runs: the tests, and the release build sells once
	swift build -c release --product jari
	JARI_BINARY=$(CURDIR)/.build/release/jari e2e/run test_walkthrough.py test_sale_rules.py
