"""What a newcomer tries first."""

import re
import subprocess

from jari import REPOSITORY

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def documented_lines() -> list[str]:
    """The lines that README says the walk-through prints."""
    readme = (REPOSITORY / "README.md").read_text()
    return re.search(r"```text\n(1 registered.*?)```", readme, re.DOTALL).group(1).splitlines()


def shape(line: str) -> str:
    """A line without what differs from run to run: times and the ticket's code."""
    return re.sub(r"\b[0-9A-HJKMNP-TV-Z]{39}\b", "<code>", re.sub(MOMENT, "<time>", line))


def test_the_walk_through_prints_what_readme_says(fresh):
    """The walk-through script, on a fresh server, prints README's lines: only times, the seat and the code differ."""
    server = fresh(JARI_DEMO="true", JARI_RATE_LIMIT_FACTOR="1")
    result = subprocess.run(
        ["bash", REPOSITORY / "scripts/walkthrough", server.url], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    printed = [shape(line) for line in result.stdout.splitlines()]
    expected = [shape(line) for line in documented_lines()]
    assert printed[:4] == expected[:4]
    assert [line.split()[:2] for line in printed[4:]] == [line.split()[:2] for line in expected[4:]]
    # "With your own seat": its section, row, number and price may be others.
    assert re.fullmatch(r"5 held PENDING \d+ won, until <time>", printed[4])
    to_pay = re.fullmatch(r"6 to pay (\d+) won in points and (\d+) won by card", printed[5])
    assert int(to_pay.group(1)) + int(to_pay.group(2)) == int(printed[4].split()[3])
    assert re.fullmatch(r"7 paid CAPTURED \d+ won", printed[6])
    assert re.fullmatch(r"8 ticket VALID \S.* \S+ \S+ <code>", printed[7])
    assert printed[4].split()[3] == printed[6].split()[3]
    server.audit()


def test_the_walk_through_is_what_readme_shows():
    """README's commands and the script's are the same lines."""
    readme = (REPOSITORY / "README.md").read_text()
    shown = re.search(r"```bash\n(JARI=http.*?)```", readme, re.DOTALL).group(1)
    script = (REPOSITORY / "scripts/walkthrough").read_text()
    shown = shown[shown.index("call()"):].strip()
    assert script[script.index("\ncall()"):].strip() == shown


def test_a_walk_through_without_a_server_says_so():
    """Without a server the script says which command starts one."""
    result = subprocess.run(
        ["bash", REPOSITORY / "scripts/walkthrough", "http://127.0.0.1:1"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert "make run" in result.stderr
