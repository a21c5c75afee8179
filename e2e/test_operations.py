"""What operators and newcomers look at: figures, health, the contract and its page."""

from __future__ import annotations

import re
import shutil
import subprocess
import time

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from jari import REPOSITORY, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = REPOSITORY / "e2e/shots"


def families(server) -> dict:
    response = server.http.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(response.text)}


def test_the_figures_can_be_parsed(server):
    """Prometheus' own parser reads /metrics, and no sample occurs twice."""
    found = families(server)
    assert found
    samples = [(s.name, tuple(sorted(s.labels.items()))) for family in found.values() for s in family.samples]
    assert len(samples) == len(set(samples))


def test_the_figures_count(server):
    """Requests are counted by route, method and class of status."""
    def count(status: str) -> float:
        return sum(
            sample.value for family in families(server).values() for sample in family.samples
            if sample.name == "jari_http_requests_total" and sample.labels.get("route") == "/api/v1/users/points"
            and sample.labels.get("method") == "GET" and sample.labels.get("status") == status)

    fan = server.fan()
    good, bad = count("2xx"), count("4xx")
    for _ in range(3):
        server.balance(fan)
    server.call("GET", "/users/points")
    assert (count("2xx"), count("4xx")) == (good + 3, bad + 1)


def test_the_queue_batches_and_commits_are_figures(server):
    """The engine's queue length, batch sizes and commit times are among the figures."""
    server.fan(points=1)
    names = " ".join(families(server))
    for word in ("queue", "batch", "commit"):
        assert word in names, names


def test_labels_are_bounded(server):
    """Unknown paths do not make figures of their own."""
    def routes():
        return {sample.labels.get("route") for family in families(server).values() for sample in family.samples}

    server.http.get("/unknown/0")
    before = routes()
    for n in range(50):
        server.http.get(f"/unknown/{n}")
        server.http.get(f"/api/v1/concerts/{n}")
    assert routes() == before | {"/api/v1/concerts/{id}"}


def test_health_and_readiness(server):
    """Alive and ready say so."""
    assert server.http.get("/healthz").json() == {"status": "ok"}
    ready = server.http.get("/readyz")
    assert ready.status_code == 200 and ready.json()["checks"] == {"store": "ok"}


def test_the_contract_is_served_as_it_is(server):
    """/openapi.yml is the file of the repository, byte for byte, and is OpenAPI 3.1."""
    response = server.http.get("/openapi.yml")
    assert response.content == (REPOSITORY / "openapi.yml").read_bytes()
    assert response.headers["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(response.text)["openapi"].startswith("3.1")


def test_a_missing_file_tells_no_path(fresh, tmp_path):
    """Where openapi.yml is not there the answer is 404, and does not tell strangers how the disk is laid out."""
    server = fresh(JARI_FILES=str(tmp_path / "nothing"))
    response = server.http.get("/openapi.yml")
    assert response.status_code == 404
    assert str(tmp_path) not in response.text


def test_the_page_needs_nothing_from_elsewhere(server):
    """/docs names only this server's files, and its policy allows no others."""
    page = server.http.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses and all(address.startswith("/docs/") for address in addresses)
    for address in addresses:
        response = server.http.get(address)
        assert response.status_code == 200, f"{address}: {response.text[:200]} (has scripts/setup run?)"
        assert len(response.content) > 50


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")
def test_the_page_shows_every_call_in_a_browser(server, tmp_path):
    """In a real browser, which can reach nothing but this server, /docs lists the calls of the contract."""
    SHOTS.mkdir(exist_ok=True)
    options = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--window-size=1200,2400",
        "--virtual-time-budget=20000", "--timeout=30000"]
    page = subprocess.run(
        [*options, "--dump-dom", f"{server.url}/docs"], capture_output=True, text=True, timeout=90).stdout
    calls = yaml.safe_load((REPOSITORY / "openapi.yml").read_text())
    ids = {call["operationId"] for item in calls["paths"].values() for call in item.values() if "operationId" in call}
    missing = {id for id in ids if not re.search(rf'id="operations-[a-z]+-{id}"', page)}
    assert not missing, f"{len(missing)} of {len(ids)} calls are not shown"
    subprocess.run([*options, f"--screenshot={SHOTS / 'docs.png'}", f"{server.url}/docs"], capture_output=True,
                   timeout=90, check=True)
    assert (SHOTS / "docs.png").stat().st_size > 20_000


def test_an_idle_server_is_small_and_still(fresh):
    """Idle, with the demo concerts, it takes some 80 MB (twice that for a debug build) and hardly any processor."""
    server = fresh(JARI_DEMO="true")

    def resident_mb() -> float:
        status = (REPOSITORY / f"/proc/{server.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def processor_seconds() -> float:
        fields = (REPOSITORY / f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    assert resident_mb() < 160
    spent, started = processor_seconds(), time.monotonic()
    wait_until(lambda: time.monotonic() - started >= 3, what="three seconds of rest", every=0.5)
    assert processor_seconds() - spent < 0.6
