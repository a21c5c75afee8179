"""Card payments while everything goes wrong at once. `make chaos` does the same with 10,000 of them."""

from concurrent.futures import ThreadPoolExecutor

import chaos


def test_no_money_is_lost_between_a_bad_gateway_and_a_server_that_is_killed():
    # In a thread of its own: in the one of the tests a browser's event loop may be running.
    with ThreadPoolExecutor(1) as thread:
        tally = thread.submit(chaos.run, count=400, kills=4).result()
    assert tally.kills >= 3 and tally.outages >= 1 and len(tally.captured) > 300
