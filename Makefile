# The front door. `make` says what there is.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup run run-distributed test bench bench-pages chaos fmt check ci services-up services-down

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## Install what building and running need
	@scripts/setup

run: setup ## Build and sell, with demo concerts, on http://127.0.0.1:8080
	swift build -c release --product jari
	.build/release/jari serve

run-distributed: setup ## Three processes on the servers of make services-up, on ports 8080 to 8082
	swift build -c release --product jari
	scripts/distributed

test: check ## Everything that must hold
	@scripts/setup test
	swift build --build-tests
	scripts/services run bash -c 'scripts/swift-tests; swift=$$?; e2e/run && exit $$swift'

bench: ## Measure against a bare Hummingbird route, as ratios
	@scripts/setup bench
	swift build -c release --product BareHello
	swift build -c release --product jari
	python3 bench/run.py $(BENCH)
	@scripts/setup services
	scripts/services run python3 bench/distributed.py

bench-pages: ## Measure the seat map of a stadium of 60,000 seats in a browser
	@scripts/setup test
	swift build -c release --product jari
	JARI_BINARY=$(CURDIR)/.build/release/jari e2e/run --bench

chaos: ## 10,000 card payments against a gateway that misbehaves, while the server is killed
	@scripts/setup test
	swift build -c release --product jari
	JARI_BINARY=$(CURDIR)/.build/release/jari e2e/run --chaos

services-up: ## Start private PostgreSQL, Redis and Kafka servers; .services/env has their addresses
	@scripts/setup services
	@scripts/services up
	@scripts/services env

services-down: ## End them and forget their state
	@scripts/services down

fmt: ## Format all Swift
	swift format --in-place --recursive --parallel Package.swift Sources Tests bench

check: setup ## Format and lint, changing nothing
	swift format lint --strict --recursive --parallel Package.swift Sources Tests bench

ci: test ## What CI runs: the tests, and the release build sells once
	swift build -c release --product jari
	JARI_BINARY=$(CURDIR)/.build/release/jari e2e/run test_walkthrough.py test_sale_rules.py
