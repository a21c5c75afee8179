"""What keeps the program from starting: one clear line, an exit code, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time

import httpx
import pytest

from jari import BINARY, Server, wait_until


def complaint(server: Server, *arguments: str, seconds: float = 8, **options) -> str:
    """Starts the program, which must end by itself with an exit code and one line; gives the line."""
    process = server.launch(*arguments, **options)
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"it did not end: {server.stdout()} {server.stderr()}")
    lines = server.stderr().splitlines()
    assert code > 0, f"it ended with {code}: {server.stderr()}"
    assert "selling at" not in server.stdout()
    assert len(lines) == 1, server.stderr()
    assert lines[0].startswith("jari: ")
    return lines[0]


@pytest.fixture
def stopped(tmp_path):
    """A server that is not started."""
    server = Server(tmp_path)
    yield server
    server.close()


def sold_something(server: Server) -> tuple[str, int]:
    """Sells a seat and stops; gives the buyer's email and how many tickets there are."""
    server.start()
    fan = server.fan(points=1000)
    server.buy(fan, server.date(server.admin())["id"], 1)
    assert server.stop() == 0
    return fan.email, 1


def check_nothing_lost(server: Server, sold: tuple[str, int]):
    email, tickets = sold
    server.start()
    assert len(server.ok("GET", "/tickets", by=server.log_in(email))["items"]) == tickets
    server.audit()


# The store

@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"\x00" * 8192, b"SQLite format 3\x00" + b"\xff" * 8192],
                         ids=["text", "zeros", "a header only"])
def test_a_file_that_is_no_database_is_left_alone(stopped, content):
    """Another file under the store's name is named and not touched."""
    stopped.store.write_bytes(content)
    assert str(stopped.store) in complaint(stopped)
    assert stopped.store.read_bytes() == content


def test_another_programs_database_is_left_alone(stopped):
    """A SQLite database with somebody else's tables is not filled with ours."""
    with contextlib.closing(sqlite3.connect(stopped.store)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
        database.commit()
    assert str(stopped.store) in complaint(stopped)
    with contextlib.closing(sqlite3.connect(stopped.store)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_damaged_database_is_named(stopped):
    """Pages of rubbish inside the file: the start, or at the latest the audit, says that it is damaged, and what is
    left of the file stays."""
    sold_something(stopped)
    with contextlib.closing(sqlite3.connect(stopped.store)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_size = database.execute("PRAGMA page_size").fetchone()[0]
    damaged = bytearray(stopped.store.read_bytes())
    damaged[page_size:] = b"\xa5" * (len(damaged) - page_size)
    stopped.store.write_bytes(damaged)
    line = complaint(stopped)
    assert str(stopped.store) in line and ("damaged" in line or "not a" in line or "another program" in line)
    assert bytes(stopped.store.read_bytes()) == bytes(damaged)


def test_a_folder_that_does_not_exist_is_named(stopped):
    """The store's folder is not made in silence: a typing error should be seen."""
    stopped.store = stopped.folder / "nowhere" / "jari.db"
    line = complaint(stopped)
    assert str(stopped.folder / "nowhere") in line and "does not exist" in line


def test_a_folder_in_the_stores_place_is_named(stopped):
    """A folder is not a database file."""
    stopped.store.mkdir()
    assert str(stopped.store) in complaint(stopped)


def nobody():
    """Gives up the rights of root, so that permissions count."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


@pytest.fixture
def for_nobody(tmp_path_factory):
    """A folder that an ordinary user can reach and write."""
    with tempfile.TemporaryDirectory(prefix="jari-nobody-") as folder:
        os.chmod(folder, 0o777)
        yield Server(folder)


@contextlib.contextmanager
def program_for_everyone(server):
    """The checkout may lie where only root can read: a copy that everyone can run."""
    copy = server.folder / "jari"
    shutil.copy(BINARY, copy)
    copy.chmod(0o755)
    yield copy


def as_nobody(server: Server, copy) -> subprocess.CompletedProcess:
    return subprocess.run(
        [copy, "serve"], cwd="/", env=server.environment(), capture_output=True, text=True, timeout=20,
        preexec_fn=nobody)


def check_complaint(result: subprocess.CompletedProcess, *words: str):
    assert result.returncode > 0 and "selling at" not in result.stdout
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("jari: "), result.stderr
    assert all(word in lines[0] for word in words), lines[0]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody else")
def test_a_folder_that_cannot_be_written_is_named(for_nobody):
    """Without the right to write the folder there is no store: the line names the file."""
    with program_for_everyone(for_nobody) as copy:
        os.chmod(for_nobody.folder, 0o555)
        check_complaint(as_nobody(for_nobody, copy), str(for_nobody.folder), "cannot be written")
        os.chmod(for_nobody.folder, 0o777)
    assert not for_nobody.store.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody else")
def test_a_file_that_cannot_be_written_is_named(for_nobody):
    """A store that belongs to somebody else is not served, and stays as it is."""
    sold = sold_something(for_nobody)
    for_nobody.store.chmod(0o444)
    with program_for_everyone(for_nobody) as copy:
        check_complaint(as_nobody(for_nobody, copy), str(for_nobody.store))
    for_nobody.store.chmod(0o644)
    check_nothing_lost(for_nobody, sold)
    for_nobody.close()


def test_a_second_server_on_one_file_is_refused(stopped, tmp_path):
    """Two writers on one file would break the rules: the second says who has it, and the first goes on."""
    first = stopped.start()
    second = Server(tmp_path / "second", JARI_STORE=f"sqlite:{first.store}")
    second.folder.mkdir()
    line = complaint(second)
    assert str(first.store) in line and "in use" in line and str(first.process.pid) in line
    assert complaint(second, "migrate") == line
    assert complaint(second, "seed") == line
    fan = first.fan(points=1000)
    first.buy(fan, first.date(first.admin())["id"], 1)
    first.audit()
    # The lock is the kernel's: it does not outlive its holder.
    first.kill()
    second.start()
    assert len(second.ok("GET", "/tickets", by=second.log_in(fan.email))["items"]) == 1
    second.close()


# The disk

@pytest.fixture
def small_disk(tmp_path):
    """A disk of a megabyte, or, where none can be mounted, a limit of that size on every file."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    is_mounted = os.getuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mounted], capture_output=True).returncode == 0

    def limit():
        if not is_mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    yield mounted, limit
    if is_mounted:
        subprocess.run(["umount", "--lazy", mounted], check=True)


def test_a_full_disk_keeps_it_from_starting(stopped, small_disk):
    """With no room for the store, or for the demo concerts in it, the line says that the disk is full."""
    disk, limit = small_disk
    stopped.store = disk / "jari.db"
    stopped.settings["JARI_DEMO"] = "true"
    line = complaint(stopped, preexec_fn=limit)
    assert "full" in line or "disk" in line


def test_a_disk_that_fills_up_loses_nothing(stopped, small_disk, tmp_path):
    """While the disk is full requests are 503 (500 where only a limit on files can be had), never lost: what was
    acknowledged is there, and as soon as there is room the server sells again."""
    disk, limit = small_disk
    stopped.store = disk / "jari.db"
    stopped.launch(preexec_fn=limit)
    stopped.url = wait_until(stopped._greeting, what="the greeting")
    stopped.http = httpx.Client(base_url=stopped.url, timeout=30)
    fan = stopped.fan()
    charged, refused = 0, None
    for _ in range(5_000):
        response = stopped.call("POST", "/users/points", {"amount": 1}, by=fan, key=True)
        if response.status_code != 201:
            refused = response
            break
        charged += 1
    assert refused is not None, "the disk did not fill up"
    assert refused.status_code in (500, 503), refused.text
    assert refused.json()["code"] in ("internalError", "unavailable")
    assert stopped.process.poll() is None, "the server ended"
    if os.path.ismount(disk):
        assert refused.status_code == 503 and "retry-after" in refused.headers, refused.text
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        assert stopped.call("POST", "/users/points", {"amount": 1}, by=fan, key=True).status_code == 201
        charged += 1
    stopped.kill()
    larger = tmp_path / "larger"
    shutil.copytree(disk, larger)
    stopped.store = larger / "jari.db"
    stopped.start()
    assert stopped.balance(stopped.log_in(fan.email)) == charged
    stopped.audit()
    assert stopped.call("POST", "/users/points", {"amount": 1}, by=fan, key=True).status_code == 201


# The network

def test_a_port_in_use_is_named(stopped):
    """The line says which port, and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stopped.settings["JARI_PORT"] = str(port)
        line = complaint(stopped)
    assert str(port) in line and "in use" in line and "JARI_PORT" in line
    stopped.settings["JARI_PORT"] = "0"
    stopped.start()
    stopped.audit()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "not a host", "::zz"])
def test_an_address_of_another_machine_is_named(stopped, host):
    """An address that this machine does not have is named."""
    stopped.settings["JARI_HOST"] = host
    assert host in complaint(stopped)


# The settings

@pytest.mark.parametrize("name,value", [
    ("JARI_PORT", "http"), ("JARI_PORT", "-1"), ("JARI_PORT", "65536"), ("JARI_PORT", "80.5"),
    ("JARI_STORE", "jari.db"), ("JARI_STORE", "sqlite:"), ("JARI_STORE", "mysql://localhost/jari"),
    ("JARI_STORE", "sqlite::memory:"),
    ("JARI_COORDINATION", "redis://localhost"), ("JARI_COORDINATION", "redis-sentinel://localhost"),
    ("JARI_EVENTS", "kafka://localhost"), ("JARI_EVENTS", "kafka://localhost:9092?acks=0"), ("JARI_GATEWAY", "stripe"),
    ("JARI_DEMO", "perhaps"), ("JARI_DEMO", "1"),
    ("JARI_HOLD_SECONDS", "9"), ("JARI_HOLD_SECONDS", "3601"), ("JARI_HOLD_SECONDS", "seven minutes"),
    ("JARI_ACCESS_KEYS", "secret"), ("JARI_ACCESS_KEYS", "ab" * 31), ("JARI_ACCESS_KEYS", "xy" * 32),
    ("JARI_ACCESS_KEYS", ","), ("JARI_ACCESS_KEYS", "+a" * 32), ("JARI_QUEUE_KEYS", "ab" * 32 + ",cd"),
    ("JARI_RATE_LIMIT_FACTOR", "-1"), ("JARI_RATE_LIMIT_FACTOR", "nan"), ("JARI_RATE_LIMIT_FACTOR", "fast"),
    ("JARI_CONNECTION_COUNT_MAX", "0"), ("JARI_QUEUE_CAPACITY", "0"),
    ("JARI_CONNECTIONS_PER_ADDRESS_MAX", "-1"), ("JARI_LOG_LEVEL", "loud"),
    ("JARI_TRUSTED_PROXIES", "10.0.0.0/33"), ("JARI_TRUSTED_PROXIES", "proxy.example"),
    ("JARI_ADMIN_EMAIL", ""), ("JARI_ADMIN_PASSWORD", ""), ("JARI_ADMIN_PASSWORD", "1234567"),
    ("JARI_ADMIN_PASSWORD", "x" * 129), ("JARI_ADMIN_EMAIL", "not an address"), ("JARI_CONFIG", "/nowhere/jari.env"),
])
def test_a_bad_setting_is_named(stopped, name, value):
    """Each bad value is one line with the setting's name, before anything is made; secrets are not repeated."""
    stopped.settings[name] = value
    line = complaint(stopped)
    assert name.replace("PASSWORD", "") in line.replace("PASSWORD", "")
    if "KEYS" in name or "PASSWORD" in name:
        assert len(value) < 5 or value not in line
    assert not stopped.store.exists()


@pytest.mark.parametrize("name,value", [
    ("JARI_STORE", "postgres://jari:s3cret@db.example/jari"), ("JARI_STORE", "postgres://jari:a@s3cret@db.example/jari"),
    ("JARI_STORE", "postgres://jari:what?s3cret@db.example/jari"),
    ("JARI_STORE", "postgres://db.example/jari?user=jari&password=s3cret&sslmode=require"),
    ("JARI_EVENTS", "kafka://kafka.example:9092?sasl.username=jari&sasl.password=s3cret"),
])
def test_addresses_are_shown_without_their_secrets(stopped, name, value):
    """`jari config` shows where things are, and no password."""
    stopped.settings[name] = value
    shown = stopped.run("config").stdout
    assert "s3cret" not in shown and ".example" in shown and "jari" in shown


def test_all_bad_settings_are_named_at_once(stopped):
    """Whoever has made three mistakes is told three, one line each."""
    stopped.settings |= {"JARI_PORT": "x", "JARI_DEMO": "x", "JARI_HOLD_SECONDS": "x"}
    assert stopped.launch().wait(15) == 1
    lines = stopped.stderr().splitlines()
    assert len(lines) == 3 and all(name in " ".join(lines) for name in ("PORT", "DEMO", "HOLD_SECONDS"))


def test_a_bad_setting_stops_every_command(stopped):
    """audit, migrate, seed and config look at the settings as well."""
    stopped.settings["JARI_PORT"] = "x"
    for command in ("audit", "migrate", "seed", "config"):
        assert "JARI_PORT" in complaint(stopped, command)


def test_a_damaged_key_file_is_named(stopped):
    """Keys that are cut are not replaced in silence: everyone would be logged out."""
    sold = sold_something(stopped)
    keys = stopped.folder / "jari.db.keys"
    whole = keys.read_bytes()
    assert keys.stat().st_mode & 0o777 == 0o600
    keys.write_bytes(whole[:40])
    assert str(keys) in complaint(stopped)
    keys.write_bytes(whole)
    check_nothing_lost(stopped, sold)


def test_the_settings_in_force_are_shown_without_secrets(stopped):
    """`jari config` names every setting with its value; keys and passwords are hidden."""
    stopped.settings |= {"JARI_ACCESS_KEYS": "ab" * 32, "JARI_HOLD_SECONDS": "77"}
    result = stopped.run("config")
    assert result.returncode == 0, result.stderr
    assert "JARI_HOLD_SECONDS=77" in result.stdout and "ab" * 32 not in result.stdout
    assert "correct horse" not in result.stdout and "JARI_ADMIN_PASSWORD=(hidden)" in result.stdout
    assert "JARI_CONNECTION_COUNT_MAX=20000   (standard)" in result.stdout
    assert "JARI_CONNECTIONS_PER_ADDRESS_MAX=5000   (standard)" in result.stdout


def test_a_file_of_settings_counts_less_than_the_environment(stopped):
    """JARI_CONFIG names a file of settings; the environment wins."""
    file = stopped.folder / "jari.env"
    file.write_text("JARI_HOLD_SECONDS=55\nJARI_QUEUE_CAPACITY=99\n")
    stopped.settings |= {"JARI_CONFIG": str(file), "JARI_HOLD_SECONDS": "66"}
    shown = stopped.run("config").stdout
    assert "JARI_HOLD_SECONDS=66" in shown and "JARI_QUEUE_CAPACITY=99" in shown


def test_an_audit_of_nothing_is_an_error(stopped):
    """Auditing a store that does not exist says so and makes none."""
    line = complaint(stopped, "audit")
    assert str(stopped.store) in line
    assert not stopped.store.exists()


def test_it_is_ready_within_a_second(fresh):
    """From start to ready takes less than a second on a store that exists (three, for a debug build on a busy
    machine)."""
    server = fresh(JARI_DEMO="true")
    assert server.stop() == 0
    start = time.monotonic()
    server.start()
    assert time.monotonic() - start < 3
