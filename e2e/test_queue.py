"""The waiting room: fair, steerable, and open to be checked."""

from __future__ import annotations

import hashlib
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from jari import in_seconds, wait_until


def place(server, fan, date):
    found = server.ok("POST", "/queue/token", {"dateId": date}, by=fan)
    fan.queue[date] = found["token"]
    return found


def poll(server, fan, date):
    return server.ok("GET", "/queue/token", queue=fan.queue[date])


def figures(server, date):
    return server.ok("GET", f"/dates/{date}/queue")


def test_a_place_is_kept_on_every_device(server, staff):
    """Joining again, from another login, leaves the fan in the same place; others come behind."""
    date = server.date(staff, maxActive=1)["id"]
    server.enter(server.fan(), date)
    first, second = server.fans(2)
    assert place(server, first, date)["ahead"] == 0
    assert place(server, second, date)["ahead"] == 1
    again = server.log_in(first.email)
    for fan in (first, again, first):
        found = place(server, fan, date)
        assert (found["status"], found["position"], found["ahead"]) == ("WAITING", 1, 0)
    assert poll(server, second, date)["ahead"] == 1
    assert figures(server, date)["waiting"] == 2


def test_leaving_gives_the_place_up(server, staff):
    """Whoever leaves makes room: those behind move up, and coming back is at the end."""
    date = server.date(staff, maxActive=1)["id"]
    server.enter(server.fan(), date)
    fans = server.fans(3)
    for fan in fans:
        place(server, fan, date)
    server.ok("DELETE", "/queue/token", queue=fans[0].queue[date], by=fans[0])
    assert [poll(server, fan, date)["ahead"] for fan in fans[1:]] == [0, 1]
    assert server.call("DELETE", "/queue/token", queue=fans[0].queue[date]).status_code == 204
    assert place(server, fans[0], date)["ahead"] == 2


def test_an_old_token_brings_the_number_back_only_once_it_is_needed(server, staff):
    """A token of a fan who left is not a way to get in front again."""
    date = server.date(staff, maxActive=1)["id"]
    server.enter(server.fan(), date)
    early, late = server.fans(2)
    place(server, early, date)
    place(server, late, date)
    token = early.queue[date]
    server.ok("DELETE", "/queue/token", queue=token)
    found = server.ok("POST", "/queue/token", {"dateId": date}, by=early, queue=token)
    assert found["ahead"] == 1
    assert poll(server, late, date)["ahead"] == 0


def test_no_more_than_max_active_are_inside(server, staff):
    """At most maxActive fans are inside at any time; each who leaves lets the next in, in order."""
    date = server.date(staff, maxActive=3, admitPerSecond=1000)["id"]
    fans = server.fans(8)
    for fan in fans:
        place(server, fan, date)

    def inside():
        states = [poll(server, fan, date)["status"] for fan in waiting]
        assert figures(server, date)["active"] <= 3
        return [fan for fan, state in zip(waiting, states) if state == "ACTIVE"]

    waiting, entered = list(fans), []
    while waiting:
        expected = waiting[:3]
        now = wait_until(lambda: len(inside()) == min(3, len(waiting)) and inside(), what="the next fans' turn")
        assert now == expected
        gone = now[0]
        server.ok("DELETE", "/queue/token", queue=gone.queue[date])
        waiting.remove(gone)
        entered.append(gone)
    assert entered == fans


def test_admission_keeps_the_rate(server, staff):
    """Two a second are let in, not more: after the first is in, ten take about five seconds."""
    date = server.date(staff, admitPerSecond=2)["id"]
    fans = server.fans(11)
    started = time.monotonic()
    for fan in fans:
        place(server, fan, date)
    assert figures(server, date)["active"] <= 3
    wait_until(lambda: [poll(server, fan, date)["status"] for fan in fans].count("ACTIVE") == 11, seconds=15,
               what="everyone's turn", every=0.1)
    assert 3.5 <= time.monotonic() - started <= 9
    told = figures(server, date)
    assert 0 < told["admittedPerSecond"] <= 2.5 and told["calledUpTo"] >= 11


def test_a_pause_lets_nobody_in_until_it_ends(server, staff):
    """Paused, those inside go on and those who come wait; resumed, they enter."""
    date = server.date(staff)["id"]
    insider, late = server.fan(points=1000), server.fan()
    server.enter(insider, date)
    server.ok("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=True)
    assert figures(server, date)["paused"] is True
    waiting = place(server, late, date)
    assert (waiting["status"], waiting["estimatedWaitSeconds"]) == ("WAITING", None)
    assert server.hold(late, date, 1).json()["code"] == "notAdmitted"
    server.buy(insider, date, 1)
    assert poll(server, late, date)["status"] == "WAITING"
    server.ok("POST", f"/admin/dates/{date}/queue/resume", by=staff, key=True)
    wait_until(lambda: poll(server, late, date)["status"] == "ACTIVE", seconds=3, what="the late fan's turn")


def test_a_pause_outlives_new_settings_and_restarts(fresh):
    """Changing the settings does not resume, and neither does kill -9."""
    server = fresh()
    staff = server.admin()
    date = server.date(staff)["id"]
    server.ok("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=True)
    settings = {"maxActive": 5, "admitPerSecond": 5, "activeSeconds": 60, "seatsPerFanMax": 2}
    assert server.ok("PUT", f"/admin/dates/{date}/queue", settings, by=staff) == settings | {"paused": True}
    server.kill()
    server.start()
    assert server.ok("GET", f"/admin/dates/{date}/queue", by=staff) == settings | {"paused": True}
    assert figures(server, date)["paused"] is True
    assert place(server, server.fan(), date)["status"] == "WAITING"


def test_everyone_waiting_is_told_of_sold_out_within_a_second(server, staff):
    """When the last seat is sold the waiting fan's next answer says so; when one comes back, it does not."""
    date = server.date(staff, rows=1, seats_per_row=2, maxActive=1)["id"]
    buyer, waiting = server.fan(points=10_000), server.fan()
    server.enter(buyer, date)
    assert place(server, waiting, date)["soldOut"] is False
    payment = server.buy(buyer, date, 2)
    wait_until(lambda: poll(server, waiting, date)["soldOut"], seconds=1, what="sold out")
    assert figures(server, date)["soldOut"] is True
    server.ok("DELETE", "/queue/token", queue=buyer.queue[date])
    server.ok("POST", f"/payments/{payment['id']}/refunds", {"ticketIds": payment["tickets"][:1]}, by=buyer, key=True)
    wait_until(lambda: not poll(server, waiting, date)["soldOut"], seconds=2, what="a seat to sell")
    wait_until(lambda: poll(server, waiting, date)["status"] == "ACTIVE", seconds=15, what="the waiting fan's turn")


def test_held_seats_are_not_sold_out(server, staff):
    """While all seats are held nobody comes in and nobody is told that waiting is pointless; they may come back."""
    date = server.date(staff, rows=1, seats_per_row=2)["id"]
    holder = server.fan()
    server.enter(holder, date)
    held = server.hold(holder, date, 2).json()
    waiting = server.fan()
    # The door has seen that nothing is free once it lets nobody in.
    wait_until(lambda: place(server, server.fan(), date)["status"] == "WAITING", seconds=2, what="a closed door")
    place(server, waiting, date)
    # Ten rounds of the door and more.
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        found = poll(server, waiting, date)
        assert (found["status"], found["soldOut"], found["estimatedWaitSeconds"]) == ("WAITING", False, None)
        assert figures(server, date)["soldOut"] is False
    server.ok("DELETE", f"/reservations/{held['id']}", by=holder)
    wait_until(lambda: poll(server, waiting, date)["status"] == "ACTIVE", seconds=15, what="the waiting fan's turn")


def test_nobody_is_let_in_when_nothing_is_left(server, staff):
    """Sold out, the door stays closed though there is room inside."""
    date = server.date(staff, rows=1, seats_per_row=1)["id"]
    buyer = server.fan(points=1000)
    server.buy(buyer, date, 1)
    wait_until(lambda: figures(server, date)["soldOut"], seconds=2, what="sold out")
    late = server.fan()
    assert place(server, late, date)["status"] == "WAITING"
    assert place(server, late, date)["soldOut"] is True


def lot(seed: bytes, date: str, fan: str) -> bytes:
    """openapi.yml and Domain's Draw: the hash of seed, date and fan; the lowest is called first."""
    return hashlib.sha256(seed + uuid.UUID(date).bytes + uuid.UUID(fan).bytes).digest()


def test_the_draw_can_be_computed_by_anyone(server, staff):
    """Before opening the commitment is public and the seed is not; after, the seed's SHA-256 is that commitment, and
    the order computed from it is the order in which the fans stand. Later arrivals follow behind."""
    made = server.date(staff, opens=6, maxActive=1, admitPerSecond=1)
    date = made["id"]
    before = figures(server, date)
    assert before["drawSeed"] is None and before["opensAt"] == made["saleOpensAt"]
    fans = server.fans(25)
    for fan in fans:
        found = place(server, fan, date)
        assert (found["status"], found["position"], found["ahead"], found["estimatedWaitSeconds"]) == (
            "WAITING", None, None, None)
    assert figures(server, date)["drawSeed"] is None, "the sale opened before all had come"
    assert figures(server, date)["waiting"] == 25
    after = wait_until(lambda: (f := figures(server, date))["drawSeed"] and f, seconds=10, what="the opening")
    seed = bytes.fromhex(after["drawSeed"])
    assert hashlib.sha256(seed).hexdigest() == before["drawCommitment"] == after["drawCommitment"]
    late = server.fan()
    place(server, late, date)
    expected = sorted(fans, key=lambda fan: lot(seed, date, fan.id)) + [late]

    def standing():
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda fan: poll(server, fan, date), expected))
        # The first is inside, the others stand behind one another.
        return found[0]["status"] == "ACTIVE" and found

    found = wait_until(standing, what="the first fan's turn")
    assert [one["ahead"] for one in found] == [0, *range(25)]
    assert [one["position"] for one in found] == [0, *range(1, 26)]
    assert expected[:-1] != fans, "the draw left the order of arrival"


def times(made, opens):
    return {"startsAt": made["startsAt"], "saleOpensAt": opens, "saleClosesAt": made["saleClosesAt"]}


def test_verify_draw_computes_the_order_again(server, staff, tmp_path):
    """`jari verify-draw` says whether the seed is the promised one, and puts fans in the order in which they stand."""
    date = server.date(staff, opens=3, maxActive=1, admitPerSecond=1)["id"]
    noted = figures(server, date)["drawCommitment"]
    early = server.run("verify-draw", "--date", date, "--url", server.url)
    assert early.returncode == 1 and "has not opened" in early.stderr
    fans = server.fans(8)
    for fan in fans:
        place(server, fan, date)
    assert figures(server, date)["drawSeed"] is None, "the sale opened before all had come"
    seed = wait_until(lambda: figures(server, date)["drawSeed"], seconds=10, what="the opening")
    expected = sorted(fans, key=lambda fan: lot(bytes.fromhex(seed), date, fan.id))

    def standing():
        found = [poll(server, fan, date) for fan in expected]
        return found[0]["status"] == "ACTIVE" and [one["ahead"] for one in found]

    assert wait_until(standing, what="the first fan's turn") == [0, *range(7)]
    told = server.run("verify-draw", "--date", date, "--url", server.url, "--commitment", noted,
                      *(fan.id for fan in fans))
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].endswith(noted + ".")
    assert [line.split()[:2] for line in lines[1:]] == [[str(i + 1), fan.id] for i, fan in enumerate(expected)]
    for line, fan in zip(lines[1:], expected):
        drawn = lot(bytes.fromhex(seed), date, fan.id)
        assert line.split()[3] == drawn.hex()
        assert abs(float(line.split()[5]) - int.from_bytes(drawn[:8], "big") / 2**64 * 100) <= 0.01

    # Without a server, and with the ids in a file.
    (tmp_path / "fans").write_text("\n".join(fan.id for fan in fans))
    alone = server.run("verify-draw", "--date", date, "--seed", seed, "--commitment", noted, "--fans",
                       str(tmp_path / "fans"))
    assert (alone.returncode, alone.stdout) == (0, told.stdout)


def test_verify_draw_tells_a_seed_that_was_not_promised(server, staff):
    """Another seed, another commitment than the noted one, and nonsense are told apart, by exit code and in one line."""
    date = server.date(staff)["id"]
    known = figures(server, date)
    other = "0" * 64
    forged = server.run("verify-draw", "--date", date, "--seed", other, "--commitment", known["drawCommitment"])
    assert forged.returncode == 2 and "NOT the seed" in forged.stdout
    moved = server.run("verify-draw", "--date", date, "--url", server.url, "--commitment", other)
    assert moved.returncode == 2 and "another commitment" in moved.stdout
    only_told = server.run("verify-draw", "--date", date, "--url", server.url)
    assert only_told.returncode == 0 and "note the commitment" in only_told.stdout
    for arguments in (["--date", "x", "--url", server.url], ["--date", date], ["--date", date, "--url", "ftp://x"],
                      ["--date", str(uuid.uuid4()), "--url", server.url], ["--date", date, "--seed", "zz"],
                      ["--date", date, "--url", "http://127.0.0.1:1"],
                      ["--date", date, "--url", server.url, "not-an-id"]):
        wrong = server.run("verify-draw", *arguments)
        assert wrong.returncode == 1 and len(wrong.stderr.strip().splitlines()) == 1, (arguments, wrong.stderr)


def test_a_moved_opening_keeps_the_commitment_unless_the_seed_was_shown(server, staff):
    """Staff cannot draw again until they like it; but a seed that everyone knows orders nobody who comes later."""
    made = server.date(staff, opens=600)
    date = made["id"]
    noted = figures(server, date)["drawCommitment"]
    for opens in (1200, 300):
        server.ok("PUT", f"/admin/dates/{date}", times(made, in_seconds(opens)), by=staff)
        assert figures(server, date)["drawCommitment"] == noted
    server.ok("PUT", f"/admin/dates/{date}", times(made, in_seconds(-1)), by=staff)
    shown = figures(server, date)
    assert shown["drawCommitment"] == noted and hashlib.sha256(bytes.fromhex(shown["drawSeed"])).hexdigest() == noted
    server.ok("PUT", f"/admin/dates/{date}", times(made, in_seconds(600)), by=staff)
    again = figures(server, date)
    assert again["drawCommitment"] != noted and again["drawSeed"] is None
    fan = server.fan()
    assert place(server, fan, date)["position"] is None


def test_a_drawn_place_survives_a_crash_with_a_token_from_before_the_draw(fresh):
    """Fans who have not asked since the draw, and one without a token, get what was drawn; newcomers come behind."""
    server = fresh()
    date = server.date(server.admin(), opens=4, maxActive=1, admitPerSecond=1)["id"]
    fans = server.fans(8)
    for fan in fans:
        assert place(server, fan, date)["position"] is None
    assert figures(server, date)["drawSeed"] is None, "the sale opened before all had come"
    seed = bytes.fromhex(wait_until(lambda: figures(server, date)["drawSeed"], seconds=10, what="the opening"))
    expected = sorted(fans, key=lambda fan: lot(seed, date, fan.id))
    server.ok("POST", f"/admin/dates/{date}/queue/pause", by=server.admin(), key=True)
    # The door keeps the draw in its round, right after the opening.
    wait_until(lambda: kept_draws(server) == 1, seconds=5, what="the kept draw")
    server.kill()
    server.start()
    late = server.fan()
    place(server, late, date)
    for index, fan in enumerate(reversed(fans)):
        if index == 0:
            place(server, fan, date)
        else:
            poll(server, fan, date)
    ahead = {fan.id: place(server, fan, date)["ahead"] for fan in [*fans, late]}
    assert [ahead[fan.id] for fan in [*expected, late]] == list(range(9))


def kept_draws(server):
    with sqlite3.connect(f"file:{server.store}?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM draws").fetchone()[0]


def test_a_seed_differs_from_date_to_date(server, staff):
    """Each date has a commitment of its own."""
    dates = [server.date(staff)["id"] for _ in range(3)]
    assert len({figures(server, date)["drawCommitment"] for date in dates}) == 3


def test_estimates_and_polls_are_within_reason(server, staff):
    """A waiting fan is told a wait that fits the rate, and to come back neither at once nor never."""
    date = server.date(staff, maxActive=1000, admitPerSecond=1)["id"]
    fans = server.fans(12)
    found = [place(server, fan, date) for fan in fans]
    last = found[-1]
    assert last["status"] == "WAITING" and 5 <= last["ahead"] <= 11
    assert last["ahead"] <= last["estimatedWaitSeconds"] <= 3 * (last["ahead"] + 1)
    assert all(500 <= one["pollAfterMs"] <= 60_000 for one in found)


def test_a_place_survives_a_crash(fresh):
    """After kill -9 the tokens bring the numbers back: the order is the order from before."""
    server = fresh()
    date = server.date(server.admin(), maxActive=1)["id"]
    fans = server.fans(6)
    server.enter(fans[0], date)
    for fan in fans[1:]:
        place(server, fan, date)
    assert [poll(server, fan, date)["ahead"] for fan in fans[1:]] == [0, 1, 2, 3, 4]
    server.ok("POST", f"/admin/dates/{date}/queue/pause", by=server.admin(), key=True)
    server.kill()
    server.start()
    for fan in reversed(fans):
        server.ok("POST", "/queue/token", {"dateId": date}, by=fan, queue=fan.queue[date])
    assert [poll(server, fan, date)["ahead"] for fan in fans] == [0, 1, 2, 3, 4, 5]
    assert place(server, server.fan(), date)["ahead"] == 6
