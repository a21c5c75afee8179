"""What fans find in their mailbox: tickets, refunds, and nothing twice; and mail servers that are not well."""

from __future__ import annotations

import re
import signal
import sqlite3
import threading
import time
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest
from icalendar import Calendar

from distributed import Processes
from jari import Server, pay_on_page, wait_until
from mail_server import PASSWORD, USER, MailServer, certificate, parse
from receiver import Receiver
from test_cards import Sandbox, reservation, settled

FROM = {"JARI_MAIL_FROM": "자리 <tickets@jari.example>"}


def files(folder: Path) -> dict[str, list]:
    """The mails in a folder, by whom they are for; none that is half written."""
    found: dict[str, list] = {}
    for file in sorted(folder.glob("*.eml")):
        mail = parse(file.read_bytes())
        assert mail["Message-ID"].startswith(f"<{file.stem}@")
        found.setdefault(mail["To"].addresses[0].addr_spec, []).append(mail)
    return found


def the_mail(find, seconds: float = 20):
    """The one mail that `find` finds, once it is there."""
    mails = wait_until(find, seconds=seconds, what="the mail", every=0.1)
    assert len(mails) == 1, [mail["Subject"] for mail in mails]
    return mails[0]


def text(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def page(mail) -> str:
    return mail.get_body(("html",)).get_content()


def appointment(mail):
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert len(parts) == 1 and parts[0].get_filename() == "jari.ics"
    data = parts[0].get_payload(decode=True)
    assert all(len(line) <= 75 for line in data.split(b"\r\n")) and b"\n" not in data.replace(b"\r\n", b"")
    calendar = Calendar.from_ical(data)
    assert parts[0].get_param("method") == calendar["METHOD"]
    events = calendar.walk("VEVENT")
    assert len(events) == 1 and not events[0].errors
    return calendar["METHOD"], events[0]


def modules_of_png(data: bytes) -> list[list[bool]]:
    """The dark modules of a QR code: decoded from a PNG of one bit a pixel, the quiet zone of four taken off."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(data):
        length = int.from_bytes(data[place:place + 4], "big")
        kind, body = data[place + 4:place + 8], data[place + 8:place + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(data[place + 8 + length:place + 12 + length], "big")
        chunks[kind] = body
        place += 12 + length
    side = int.from_bytes(chunks[b"IHDR"][:4], "big")
    assert chunks[b"IHDR"][4:] == side.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0]) and b"IEND" in chunks
    rows = zlib.decompress(chunks[b"IDAT"])
    stride = 1 + (side + 7) // 8
    assert len(rows) == side * stride and all(rows[y * stride] == 0 for y in range(side))
    dark = [[rows[y * stride + 1 + x // 8] >> (7 - x % 8) & 1 == 0 for x in range(side)] for y in range(side)]
    first = next(x for x in range(side) if any(row[x] for row in dark))
    assert first % 4 == 0
    pixels = first // 4
    return [[dark[y][x] for x in range(0, side, pixels)] for y in range(0, side, pixels)]


def modules_of_svg(svg: str) -> list[list[bool]]:
    side = int(re.search(r'viewBox="0 0 (\d+)', svg).group(1))
    dark = [[False] * side for _ in range(side)]
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        for step in range(int(run)):
            dark[int(y)][int(x) + step] = True
    return dark


def refund(server, fan, payment: str, tickets: list[str] | None = None):
    body = {"reason": "못 가요"} | ({"ticketIds": tickets} if tickets else {})
    return server.ok("POST", f"/payments/{payment}/refunds", body, by=fan, key=True)


def spool(server) -> list[tuple[str, int, str | None]]:
    """The status, attempts and reasons of all mails of a server with a file."""
    with sqlite3.connect(f"file:{server.store}?mode=ro", uri=True) as store:
        return store.execute("SELECT status, attempt_count, reason FROM mails ORDER BY event_id").fetchall()


def test_tickets_come_by_mail_and_go_by_mail(fresh, tmp_path):
    """A purchase, a refund of one ticket and of the rest: three mails in two languages, whose appointments are one."""
    folder = tmp_path / "mails"
    server = fresh(JARI_MAIL=f"file:{folder}", JARI_PUBLIC_URL="https://tickets.jari.example/")
    date = server.date(server.admin(), price=132_000, starts=86_400 * 3)
    fan = server.fan(points=1_000_000, name='<b>민지</b>\r\nBcc: all@example.com')
    payment = server.buy(fan, date["id"], 2)

    mail = the_mail(lambda: files(folder).get(fan.email))
    assert mail["Bcc"] is None and mail["Subject"].startswith("예매 완료: 시험 공연 · Your tickets: Test concert")
    assert mail["Auto-Submitted"] == "auto-generated"
    for piece in ("예매가 완료되었습니다", "Your booking is complete", "₩264,000", "₩132,000", "A 구역", "Section A, row",
                  "here are 2 tickets", "https://tickets.jari.example/tickets", payment["reservationId"]):
        assert piece in text(mail) and piece in page(mail), piece
    assert "<b>" in text(mail) and "<b>" not in page(mail) and "&lt;b&gt;민지" in page(mail)
    assert page(mail).index("예매가 완료") < page(mail).index("Your booking")

    pictures = {part["Content-ID"].strip("<>"): part for part in mail.walk() if part.get_content_type() == "image/png"}
    assert set(re.findall(r'src="cid:([^"]+)"', page(mail))) == set(pictures) and len(pictures) == 2
    for ticket in payment["tickets"]:
        svg = server.call("GET", f"/tickets/{ticket}/qr.svg", by=fan).text
        picture = pictures[f"{ticket}@jari"].get_payload(decode=True)
        assert modules_of_png(picture) == modules_of_svg(svg)

    method, bought = appointment(mail)
    assert method == "PUBLISH" and str(bought["UID"]) == payment["reservationId"]
    starts = bought.decoded("DTSTART")
    assert starts.utcoffset().total_seconds() == 0
    assert starts.isoformat()[:19] == date["startsAt"][:19]
    assert "시험 공연" in str(bought["SUMMARY"]) and str(bought["STATUS"]) == "CONFIRMED"

    refund(server, fan, payment["id"], payment["tickets"][:1])
    partial = the_mail(lambda: [m for m in files(folder)[fan.email] if "일부 환불" in m["Subject"]])
    assert "₩132,000을 돌려드립니다" in text(partial) and "Seats whose tickets stay valid" in text(partial)
    method, kept = appointment(partial)
    assert method == "PUBLISH" and kept["UID"] == bought["UID"] and kept["SEQUENCE"] > bought["SEQUENCE"]

    refund(server, fan, payment["id"])
    last = the_mail(lambda: [m for m in files(folder)[fan.email] if "환불 완료" in m["Subject"]])
    assert not [part for part in last.walk() if part.get_content_type() == "image/png"]
    method, gone = appointment(last)
    assert method == "CANCEL" and gone["UID"] == bought["UID"] and gone["SEQUENCE"] > kept["SEQUENCE"]
    assert str(gone["STATUS"]) == "CANCELLED"

    wait_until(lambda: [row[0] for row in spool(server)] == ["SENT"] * 3, what="three mails noted as sent")
    assert len(list(folder.iterdir())) == 3
    server.audit()


def test_a_card_buys_a_mail_and_money_that_came_too_late_another(fresh, tmp_path):
    """Tickets paid by card come like all others; and a fan whose money could not be used learns that it goes back."""
    folder, sandbox = tmp_path / "mails", Sandbox(tmp_path)
    try:
        server = fresh(
            JARI_MAIL=f"file:{folder}", JARI_SANDBOX_URL=sandbox.url, JARI_GATEWAY_TIMEOUT_MS="500",
            JARI_HOLD_SECONDS="10", JARI_CHECKOUT_SECONDS="30")
        date = server.date(server.admin(), rows=1, seats_per_row=2, price=132_000)["id"]
        quick, late, rival = server.fan(), server.fan(), server.fan()
        seats = server.seats(date)
        _, payment = server.to_pay(quick, date, seats=[seats[0]])
        assert server.confirm(quick, payment["id"], pay_on_page(payment["checkout"])).json()["status"] == "CAPTURED"
        mail = the_mail(lambda: files(folder).get(quick.email))
        assert mail["Subject"].startswith("예매 완료") and "₩132,000" in text(mail)

        held, payment = server.to_pay(late, date, seats=[seats[1]])
        key = pay_on_page(payment["checkout"])
        sandbox.send(signal.SIGSTOP)
        assert server.confirm(late, payment["id"], key).json()["status"] == "UNKNOWN"
        wait_until(lambda: reservation(server, late, held)["status"] == "EXPIRED", seconds=60, what="the hold's end")
        server.enter(rival, date)
        assert server.hold(rival, date, [seats[1]]).status_code == 201
        sandbox.send(signal.SIGCONT)
        assert settled(server, late, payment["id"])["status"] == "REFUNDED"
        mail = the_mail(lambda: files(folder).get(late.email))
        assert mail["Subject"].startswith("결제 금액을 돌려드립니다: 시험 공연 · Your payment goes back: Test concert")
        assert "₩132,000을 모두 돌려드립니다" in text(mail) and "confirmed too late" in page(mail)
        assert rival.email not in files(folder)
    finally:
        sandbox.close()


def test_no_mail_unless_asked_for(fresh):
    """Off by itself: nothing is kept to be sent, and `jari config` says so."""
    server = fresh()
    date = server.date(server.admin())["id"]
    server.buy(server.fan(points=10_000), date, 1)
    with sqlite3.connect(f"file:{server.store}?mode=ro", uri=True) as store:
        wait_until(lambda: store.execute("SELECT count(*) FROM outbox").fetchone() == (0,), what="an empty outbox")
    assert spool(server) == []
    assert re.search(r"JARI_MAIL\s*=?\s*off", server.run("config").stdout)


def test_passwords_are_hidden(fresh):
    server = fresh(JARI_MAIL="smtp://jari:hush-hush@127.0.0.1:1", **FROM)
    shown = server.run("config")
    assert shown.returncode == 0 and "hush-hush" not in shown.stdout + shown.stderr
    assert "smtp://jari:***@127.0.0.1:1" in shown.stdout


@pytest.mark.parametrize("address", ["smtp://127.0.0.1", "nonsense", "smtp://u:hush@mail.example?tls=never", "file:"])
def test_mail_settings_that_cannot_be_used_are_said(fresh, tmp_path, address):
    """One line that names the setting, and no password."""
    server = Server(tmp_path, JARI_MAIL=address)
    result = server.run("serve")
    assert result.returncode == 1 and "JARI_MAIL" in result.stderr and "hush" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_mail_server_gets_what_the_files_have(fresh):
    """By SMTP, over one connection for mails that come together, from and to the right addresses."""
    with MailServer() as post:
        server = fresh(JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
        date = server.date(server.admin())["id"]
        fans = server.fans(8, points=10_000)
        for fan in fans:
            server.buy(fan, date, 1)
        wait_until(lambda: len(post.mails) == 8, what="eight mails")
        for fan in fans:
            mail = the_mail(lambda: post.to(fan.email))
            assert appointment(mail)[0] == "PUBLISH" and mail["From"].addresses[0].display_name == "자리"
        assert {sender for sender, _, _ in post.mails} == {"tickets@jari.example"}
        assert len({mail["Message-ID"] for _, _, mail in post.mails}) == 8
        # One connection for each round of looking, not for each mail: they were bought one after the other.
        assert post.connections <= 8


def test_a_password_goes_through_tls_only(fresh, tmp_path):
    """With STARTTLS and a login; and nothing is said to a server that cannot prove who it is."""
    own, other = certificate(tmp_path / "own"), certificate(tmp_path / "other")
    login = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    with MailServer(tls=own, asks_for_login=True) as post:
        address = f"smtp://{login}@127.0.0.1:{post.port}?tls=required&ca="
        server = fresh(JARI_MAIL=address + str(other[0]), **FROM)
        date = server.date(server.admin())["id"]
        fan = server.fan(points=10_000)
        server.buy(fan, date, 1)
        wait_until(lambda: post.connections >= 1 and "no mail can be sent" in server.stderr(), what="a try")
        assert not post.logins and not post.mails
        server.stop()
        server.settings["JARI_MAIL"] = address + str(own[0])
        server.start()
        the_mail(lambda: post.to(fan.email), seconds=40)
        assert post.logins == [(USER, PASSWORD)]
        assert PASSWORD not in server.stderr() and quote(PASSWORD, safe="") not in server.stderr()
    with MailServer() as plain:
        server.stop()
        server.settings["JARI_MAIL"] = f"smtp://{login}@127.0.0.1:{plain.port}?tls=required"
        server.start()
        server.buy(fan, date, 1)
        wait_until(lambda: plain.connections >= 1 and "no mail can be sent" in server.stderr(), what="a try")
        assert not plain.mails


def test_a_wrong_password_is_waited_out(fresh, tmp_path):
    """It is the operator's to mend: the mail waits."""
    with MailServer(asks_for_login=True) as post:
        server = fresh(JARI_MAIL=f"smtp://{quote(USER, safe='')}:wrong@127.0.0.1:{post.port}", **FROM)
        date = server.date(server.admin())["id"]
        server.buy(server.fan(points=10_000), date, 1)
        wait_until(lambda: post.logins and spool(server)[0][2], what="a refused login")
        assert spool(server)[0][0] == "WAITING" and not post.mails


def test_a_mail_server_that_is_away_is_waited_for(fresh):
    """Neither the sale nor other events wait for it, and a crash in between loses nothing."""
    post = MailServer()
    server = fresh(JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
    date = server.date(server.admin())["id"]
    fans = server.fans(3, points=10_000)
    for fan in fans:
        server.buy(fan, date, 1)
    wait_until(lambda: spool(server) and spool(server)[0][1] >= 1, what="a first try")
    figures = server.ok("GET", f"/admin/dates/{date}/sales", by=server.admin())
    assert sum(grade["sold"] for grade in figures["grades"]) == 3
    assert server.http.get("/readyz").status_code == 200
    server.kill()
    with post:
        server.start()
        for fan in fans:
            the_mail(lambda: post.to(fan.email), seconds=60)
    wait_until(lambda: {row[0] for row in spool(server)} == {"SENT"}, what="all noted as sent")


def test_what_a_server_postpones_comes_later(fresh):
    """4xx to the address or to the mail: again after some seconds, and the others are not held up."""
    with MailServer() as post:
        server = fresh(JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
        date = server.date(server.admin())["id"]
        slow, quick = server.fans(2, points=10_000)
        post.answers_to_address[slow.email] = ["451 4.7.1 Come back later"]
        server.buy(slow, date, 1)
        wait_until(lambda: post.asked.get(slow.email), what="a first try")
        began = time.monotonic()
        server.buy(quick, date, 1)
        the_mail(lambda: post.to(quick.email))
        post.answers_to_mail.append("452 4.3.1 Full")
        the_mail(lambda: post.to(slow.email), seconds=60)
        # It was these mails that were not taken, not all.
        assert "no mail can be sent" not in server.stderr()
        assert time.monotonic() - began > 3 and post.asked[slow.email] == 3
        wait_until(lambda: [row[:2] for row in spool(server)] == [("SENT", 3), ("SENT", 1)], what="both noted as sent")


def test_an_address_that_does_not_exist_is_given_up(fresh):
    """5xx: at once and for good, with the server's words kept; others get their mail."""
    with MailServer() as post:
        server = fresh(JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
        date = server.date(server.admin())["id"]
        gone, spam, well = server.fans(3, points=10_000)
        post.answers_to_address[gone.email] = ["550 5.1.1 No such mailbox"]
        server.buy(gone, date, 1)
        wait_until(lambda: [row[0] for row in spool(server)] == ["FAILED"], what="giving up")
        post.answers_to_mail.append("554 5.7.1 Looks like spam")
        server.buy(spam, date, 1)
        wait_until(lambda: len(spool(server)) == 2 and spool(server)[1][0] == "FAILED", what="giving up")
        server.buy(well, date, 1)
        the_mail(lambda: post.to(well.email))
        rows = spool(server)
        assert rows[0][1:] == (1, "RCPT: 550 5.1.1 No such mailbox") and rows[1][2] == "DATA: 554 5.7.1 Looks like spam"
        assert post.asked[gone.email] == 1 and not post.to(gone.email) and not post.to(spam.email)
        # The log is read by many; whom mails are for is nobody's business there.
        assert gone.email not in server.stderr()
        metrics = server.http.get("/metrics").text
        assert re.search(r"^jari_mails_failed_total 2", metrics, re.M) and "jari_mails_sent_total 1" in metrics


def test_a_relay_that_refuses_us_loses_no_mail(fresh):
    """A refusal that is about us and not about the address: the mail waits, and goes when somebody has mended it."""
    with MailServer() as post:
        server = fresh(JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
        date = server.date(server.admin())["id"]
        fan = server.fan(points=10_000)
        post.answers_to_address[fan.email] = ["554 5.7.1 Relay access denied"]
        server.buy(fan, date, 1)
        wait_until(lambda: post.asked.get(fan.email, 0) >= 1, what="the first try")
        assert [row[0] for row in spool(server)] != ["FAILED"]
        del post.answers_to_address[fan.email]
        wait_until(lambda: post.to(fan.email), seconds=60, what="the mail")


def waiting(server) -> float:
    """What the metrics say of mails that wait."""
    found = re.search(r"^jari_mails_waiting (\S+)", server.http.get("/metrics").text, re.M)
    return float(found.group(1)) if found else 0


def test_a_server_that_thinks_long_gets_each_mail_once(fresh):
    """RFC 5321 gives it ten minutes after the whole mail came; meanwhile the metrics show what gathers behind it."""
    with MailServer() as post:
        post.thinks_about_mail.append(30)
        server = fresh(JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
        date = server.date(server.admin())["id"]
        fans = server.fans(3, points=10_000)
        for fan in fans:
            server.buy(fan, date, 1)
        wait_until(lambda: post.handed_over == 1 and waiting(server) == 3, seconds=20, what="three that wait")
        assert not post.mails
        for fan in fans:
            the_mail(lambda: post.to(fan.email), seconds=60)
        wait_until(lambda: [row[:2] for row in spool(server)] == [("SENT", 1)] * 3, what="all noted as sent, once tried")
        assert post.handed_over == 3
        wait_until(lambda: waiting(server) == 0, what="none that wait")


def test_a_shutdown_waits_for_no_slow_server(fresh):
    """Neither a mail server nor a receiver of webhooks, nor one after the other; and the mail still comes."""
    ended = threading.Event()

    def hang(event):
        ended.wait(60)
        return 204

    with MailServer() as post, Receiver(hang) as receiver:
        post.thinks_about_mail.append(200)
        server = fresh(
            JARI_MAIL=f"smtp://127.0.0.1:{post.port}", JARI_WEBHOOK_PRIVATE_TARGETS="true", **FROM)
        staff = server.staff()
        server.ok("POST", "/admin/webhooks", {"url": receiver.url}, by=staff, key=True)
        date = server.date(staff)["id"]
        fan = server.fan(points=10_000)
        server.buy(fan, date, 1)
        wait_until(lambda: post.handed_over == 1 and receiver.arrived, what="both to be under way")
        began = time.monotonic()
        assert server.stop() == 0, server.stderr()
        # One limit of twelve seconds for both, and some for all the rest.
        assert time.monotonic() - began < 20
        ended.set()
        assert [row[0] for row in spool(server)] == ["WAITING"]
        server.start()
        # The first copy, which the server still thinks about, is dropped with its connection.
        the_mail(lambda: post.to(fan.email), seconds=60)


def test_processes_share_the_mails(tmp_path):
    """Over PostgreSQL and Kafka, with a process killed in between: each purchase is told once, or at most twice."""
    with MailServer() as post:
        processes = Processes(tmp_path, 2, JARI_MAIL=f"smtp://127.0.0.1:{post.port}", **FROM)
        try:
            date = processes.first.date(processes.first.admin())["id"]
            fans = processes.first.fans(12, points=10_000)
            for index, fan in enumerate(fans):
                processes.servers[1].buy(fan, date, 1)
                if index == 5:
                    processes.first.kill()
            processes.first.start()
            wait_until(
                lambda: all(post.to(fan.email) for fan in fans), seconds=400, what="a mail for everyone", every=0.5)
            wait_until(
                lambda: processes.sql("SELECT count(*) FROM mails WHERE status = 'SENT'") == "12", seconds=30,
                what="all noted as sent")
            for fan in fans:
                mails = post.to(fan.email)
                assert len(mails) <= 2 and len({mail["Message-ID"] for mail in mails}) == 1
        finally:
            processes.close()
