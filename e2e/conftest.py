"""A server for all tests that leave it as they found it, and fresh ones for those that do not."""

from __future__ import annotations

import pytest

import jari


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not jari.BINARY.exists():
        pytest.exit(f"{jari.BINARY} is not there: run swift build --product jari, or set JARI_BINARY", returncode=1)


@pytest.fixture(scope="session")
def server():
    """One server with the demo concerts and an administrator, shared by the tests of a run."""
    with jari.Server(JARI_DEMO="true") as running:
        yield running


@pytest.fixture(scope="session")
def admin(server):
    return server.admin()


@pytest.fixture(scope="session")
def staff(server, admin):
    return server.staff(admin)


@pytest.fixture
def fresh(tmp_path):
    """Starts servers of one's own: `fresh(JARI_HOLD_SECONDS="10")`."""
    servers = []

    def start(**settings):
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(jari.Server(folder, **settings).start())
        return servers[-1]

    yield start
    for one in servers:
        one.close()
