"""How the program gives out its pages: what browsers may keep, and what they may do."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest

from jari import REPOSITORY

WEB = REPOSITORY / "Web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
ID = "01a20810-1368-7000-8bb3-1db29531985d"
FAN_PATHS = [
    "/", f"/concerts/{ID}", f"/dates/{ID}", f"/reservations/{ID}", f"/tickets/{ID}", "/my", "/my?tab=points", "/login",
    "/register", "/checkout/success?paymentKey=k&orderId=o&amount=1", "/checkout/fail?code=c"]


@pytest.fixture(scope="module")
def assets(server) -> str:
    """Where the files of this version are."""
    return re.search(r"/assets/[0-9a-f]{16}", server.http.get("/").text).group(0)


@pytest.mark.parametrize("path", FAN_PATHS)
def test_every_path_of_the_fan_shows_the_same_shell(server, path):
    answer = server.http.get(path)
    assert answer.status_code == 200
    assert answer.text == server.http.get("/").text and "{{" not in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/staff", "/staff/", f"/staff/dates/{ID}", "/staff/any/thing"])
def test_whatever_is_below_staff_shows_the_console(server, path):
    answer = server.http.get(path)
    assert answer.status_code == 200 and "Page/staff.js" in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "camera=(self)" in answer.headers["Permissions-Policy"]


def test_a_shell_that_has_not_changed_is_not_sent_again(server):
    first = server.http.get("/", headers={"Accept-Encoding": "gzip"})
    again = server.http.get("/", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.content == b""
    plain = server.http.get("/", headers={"Accept-Encoding": "identity"})
    assert plain.headers["ETag"] != first.headers["ETag"]


def test_every_file_is_given_out_for_ever(server, assets):
    """Each as it lies in Web/, with a type that a browser takes; all that belongs to one version under one address."""
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}
    files = [path for path in sorted(WEB.rglob("*")) if path.suffix in types]
    assert len(files) > 50
    for path in files:
        answer = server.http.get(f"{assets}/{path.relative_to(WEB)}", headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 200, path
        assert answer.content == path.read_bytes(), path
        assert answer.headers["Content-Type"].split(";")[0] == types[path.suffix]
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_files_are_compressed_where_that_is_asked_for(server, assets):
    address = f"{assets}/Page/api.js"
    with httpx.Client(base_url=server.url) as client:
        with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers["Content-Encoding"] == "gzip" and answer.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(packed) == (WEB / "Page/api.js").read_bytes()
        plain = client.get(address, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers and len(plain.content) > len(packed)


def test_a_file_of_another_version_comes_but_is_not_kept(server):
    answer = server.http.get("/assets/0123456789abcdef/Page/api.js")
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"


def test_what_is_no_file_of_the_pages_is_not_there(server, assets):
    for path in ("", "/", "/nothing.js", "/index.html", "/staff.html", "/../Makefile", "/%2e%2e/Makefile", "/Page", "/Page/"):
        answer = server.http.get(assets + path)
        assert answer.status_code == 404, path


def test_who_reads_pages_is_told_by_a_page_that_there_is_none(server):
    reader = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/nowhere", "/concerts/not-an-id", "/my/other"):
        answer = server.http.get(path, headers=reader)
        assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Content-Security-Policy"] == POLICY and answer.headers["Cache-Control"] == "no-store"
        assert server.http.get(path).json()["code"] == "notFound"
    assert server.http.get("/api/v1/nowhere", headers=reader).json()["code"] == "notFound"
    assert server.http.post("/my", headers=reader).json()["code"] == "methodNotAllowed"


def test_without_its_folder_the_server_sells_and_says_what_is_missing(fresh, tmp_path):
    server = fresh(JARI_FILES=str(tmp_path))
    assert server.http.get("/").status_code == 404
    assert server.http.get("/api/v1/concerts").status_code == 200
    assert "there are no pages" in server.stderr() + server.stdout()


# What keeps the pages safe and honest, read from their source.


def sources(*endings: str):
    return [(path, path.read_text()) for path in sorted(WEB.rglob("*")) if path.suffix in endings]


def test_no_page_writes_markup_or_runs_text():
    bad = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|srcdoc)")
    comments = re.compile(r"/\*.*?\*/|(?<![:'])//[^\n]*", re.S)
    uses = [(path.name, found.group(0)) for path, text in sources(".js") for found in bad.finditer(comments.sub("", text))]
    assert uses == []


def test_only_one_place_knows_where_the_api_is():
    knowing = {path.relative_to(WEB).as_posix() for path, text in sources(".js") if "/api/" in text or re.search(r"\bfetch\(", text)}
    assert knowing == {"Page/request.js"}


def test_nothing_is_fetched_from_elsewhere():
    for path, text in sources(".js", ".css", ".html", ".svg", ".webmanifest"):
        for found in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s'\"]*", text):
            assert found.startswith("http://www.w3.org/"), (path, found)


def test_shells_have_nothing_inline():
    for name in ("index.html", "staff.html"):
        text = (WEB / name).read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\bsrc=)", text)
        for asset in re.findall(r"\{\{assets\}\}/([^\"]+)", text):
            assert (WEB / asset).is_file(), asset


def test_files_are_short_enough_to_read():
    long = {path.name: len(text.splitlines()) for path, text in sources(".js", ".css") if len(text.splitlines()) > 300}
    assert long == {}
