"""A ticket at a door without a network."""


def test_a_ticket_is_checked_without_a_server(server, staff):
    date = server.date(staff)["id"]
    fan = server.fan(points=10_000)
    paid = server.buy(fan, date, 1)
    ticket = server.ok("GET", f"/tickets/{paid['tickets'][0]}", by=fan)
    key = server.ok("GET", "/ticket-keys")["keys"][0]["publicKey"]
    good = server.run("verify-ticket", ticket["code"], "--public-key", key)
    assert good.returncode == 0 and ticket["id"] in good.stdout and date in good.stdout, good.stdout + good.stderr
    changed = ticket["code"][:-1] + ("0" if ticket["code"][-1] != "0" else "1")
    forged = server.run("verify-ticket", changed, "--public-key", key)
    assert forged.returncode == 2 and "FORGED" in forged.stdout
    assert server.run("verify-ticket", ticket["code"], "--public-key", "abc").returncode == 1


def test_a_ticket_opens_a_door_once(server, staff):
    """By what was scanned or what was typed; the second is told when and where the first was."""
    date = server.date(staff)["id"]
    fan = server.fan(points=10_000)
    tickets = [server.ok("GET", f"/tickets/{id_}", by=fan) for id_ in server.buy(fan, date, 3)["tickets"]]

    def scan(code, gate="3번 문"):
        return server.call("POST", "/checkins", {"code": code, "gate": gate}, by=staff, key=True)

    forged = tickets[0]["code"][:-5] + "00000"
    assert (scan(forged).status_code, scan(forged).json()["code"]) == (404, "notFound")
    assert scan(tickets[0]["code"]).status_code == 201
    second = scan(tickets[0]["shortCode"], gate="1번 문")
    assert (second.status_code, second.json()["code"], second.json()["gate"]) == (409, "ticketUsed", "3번 문")
    assert second.json()["usedAt"]
    assert scan(tickets[1]["shortCode"].lower()).status_code == 201
    payment = next(line for line in server.ok("GET", "/users/points/history", by=fan)["items"] if line["paymentId"])
    server.ok("POST", f"/payments/{payment['paymentId']}/refunds", {"ticketIds": [tickets[2]["id"]], "reason": "못 가요"},
              by=fan, key=True)
    void = scan(tickets[2]["code"])
    assert (void.status_code, void.json()["code"]) == (409, "ticketVoid")


def test_a_door_of_one_date_does_not_use_up_the_tickets_of_another(server, staff):
    """It says which date the ticket is for, and the right door lets its holder in."""
    today, tomorrow = (server.date(staff, rows=1, seats_per_row=2)["id"] for _ in range(2))
    fan = server.fan(points=10_000)
    ticket = server.ok("GET", f"/tickets/{server.buy(fan, tomorrow, 1)['tickets'][0]}", by=fan)

    def check_in(date):
        return server.call("POST", "/checkins", {"code": ticket["code"], "dateId": date}, by=staff, key=True)

    wrong = check_in(today)
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["dateId"]) == (409, "ticketOfOtherDate", tomorrow)
    assert check_in(tomorrow).json()["status"] == "USED"
    assert check_in(today).json()["code"] == "ticketOfOtherDate"
