/// Each check is a query for the ids of the rows that break it. They read whole tables: an audit looks at everything.
enum AuditStatement: String, StatementSet {
    // MARK: I1, one owner

    case seatsWithTwoGoodTickets = """
        SELECT seat_id FROM tickets WHERE status <> 'VOID' GROUP BY seat_id HAVING count(*) > 1
        """
    /// A claim is followed by the next one on the same seat only when it is over, or was past its deadline at the
    /// moment the next was made. The sweeper may not have come yet: then it is still `PENDING`, which is fine. One that
    /// was paid late has taken its seats again, and that is its moment.
    case seatsWithTwoOwners = """
        SELECT c.seat_id
        FROM (
            SELECT seat_id, reservation_id, fence,
                lead(reservation_id) OVER by_fence AS next_id, lead(fence) OVER by_fence AS next_fence
            FROM reservation_seats
            WINDOW by_fence AS (PARTITION BY seat_id ORDER BY fence)) AS c
        JOIN reservations AS r ON r.id = c.reservation_id
        JOIN reservations AS next ON next.id = c.next_id
        LEFT JOIN (
            SELECT subject_id, max(at) AS at FROM events WHERE kind = 'reservation.retaken' GROUP BY subject_id
        ) AS again ON again.subject_id = next.id
        WHERE c.next_fence = c.fence
            OR r.status = 'CONFIRMED'
            OR (r.status = 'PENDING' AND coalesce(again.at, next.created_at) < r.expires_at)
            OR (r.status = 'PAID' AND EXISTS (
                SELECT 1 FROM tickets AS t
                WHERE t.reservation_id = r.id AND t.seat_id = c.seat_id AND t.status <> 'VOID'))
        """
    case seatsThatContradictTheirOwner = """
        SELECT s.id
        FROM seats AS s
        LEFT JOIN reservations AS r ON r.id = s.reservation_id
        LEFT JOIN reservation_seats AS c ON c.reservation_id = s.reservation_id AND c.seat_id = s.id
        WHERE s.reservation_id IS NOT NULL
            AND (r.id IS NULL OR c.seat_id IS NULL OR c.fence <> s.fence OR r.date_id <> s.date_id
                OR (r.status IN ('PENDING', 'CONFIRMED', 'PAID') AND r.status <> s.state)
                OR (r.status IN ('PENDING', 'CONFIRMED') AND r.expires_at <> s.held_until))
        """
    case liveReservationsWithoutTheirSeat = """
        SELECT r.id
        FROM reservations AS r
        JOIN reservation_seats AS c ON c.reservation_id = r.id
        LEFT JOIN seats AS s ON s.id = c.seat_id
        WHERE r.status IN ('PENDING', 'CONFIRMED', 'PAID') AND s.reservation_id IS DISTINCT FROM r.id
            AND (s.id IS NULL
                OR r.status = 'CONFIRMED'
                OR (r.status = 'PENDING'
                    AND (s.fence <= c.fence OR (s.fence = c.fence + 1 AND s.reservation_id IS NULL)))
                OR (r.status = 'PAID' AND EXISTS (
                    SELECT 1 FROM tickets AS t
                    WHERE t.reservation_id = r.id AND t.seat_id = c.seat_id AND t.status <> 'VOID')))
        """

    // MARK: I2, what is paid is complete

    case paidReservationsNotComplete = """
        SELECT r.id
        FROM reservations AS r
        LEFT JOIN (SELECT DISTINCT subject_id FROM events WHERE kind = 'reservation.paid') AS e ON e.subject_id = r.id
        WHERE r.status = 'PAID'
            AND ((SELECT count(*) FROM payments AS p
                    WHERE p.reservation_id = r.id AND p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED')) <> 1
                OR (SELECT count(*) FROM tickets AS t
                    WHERE t.reservation_id = r.id AND t.status <> 'VOID') <> r.seat_count
                OR (SELECT count(*) FROM tickets AS t WHERE t.reservation_id = r.id)
                    <> (SELECT count(*) FROM reservation_seats AS c WHERE c.reservation_id = r.id)
                OR e.subject_id IS NULL)
        """
    case capturedPaymentsOfUnpaidReservations = """
        SELECT p.id FROM payments AS p LEFT JOIN reservations AS r ON r.id = p.reservation_id
        WHERE p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED') AND p.reservation_id IS NOT NULL
            AND r.status IS DISTINCT FROM 'PAID'
        """
    case goodTicketsOfUnpaidReservations = """
        SELECT t.id FROM tickets AS t LEFT JOIN reservations AS r ON r.id = t.reservation_id
        WHERE t.status <> 'VOID' AND r.status IS DISTINCT FROM 'PAID'
        """
    case paidSeatsWithoutTicket = """
        SELECT s.id FROM seats AS s
        WHERE s.state = 'PAID' AND NOT EXISTS (
            SELECT 1 FROM tickets AS t
            WHERE t.reservation_id = s.reservation_id AND t.seat_id = s.id AND t.status <> 'VOID')
        """
    case paidEventsOfUnpaidReservations = """
        SELECT e.subject_id FROM events AS e LEFT JOIN reservations AS r ON r.id = e.subject_id
        WHERE e.kind = 'reservation.paid' AND (r.id IS NULL OR r.status NOT IN ('PAID', 'REFUNDED'))
        """

    // MARK: I3, the ledger

    case walletsUnequalTheirLedger = """
        SELECT w.user_id
        FROM wallets AS w
        LEFT JOIN (
            SELECT wallet_id, sum(CASE WHEN to_account = wallet_id THEN amount ELSE -amount END) AS total
            FROM transfers GROUP BY wallet_id) AS l ON l.wallet_id = w.user_id
        WHERE w.balance <> coalesce(l.total, 0)
        """
    /// 1 is the account of money from outside, 2 that of tickets sold, 3 that of points set aside, 4 the gateway's.
    case transfersOutsideTheLedger = """
        SELECT t.id
        FROM transfers AS t LEFT JOIN wallets AS w ON w.user_id = t.wallet_id
        WHERE w.user_id IS NULL OR NOT CASE t.kind
            WHEN 'CHARGE' THEN t.to_account = t.wallet_id AND t.from_account = CASE WHEN t.payment_id IS NULL
                THEN '00000000-0000-0000-0000-000000000001'::uuid ELSE '00000000-0000-0000-0000-000000000004'::uuid END
            WHEN 'PAYMENT' THEN t.to_account = '00000000-0000-0000-0000-000000000002' AND t.from_account = t.wallet_id
            WHEN 'REFUND' THEN t.from_account = '00000000-0000-0000-0000-000000000002' AND t.to_account = t.wallet_id
            WHEN 'RESERVE' THEN t.to_account = '00000000-0000-0000-0000-000000000003' AND t.from_account = t.wallet_id
                AND t.payment_id IS NOT NULL
            WHEN 'RELEASE' THEN t.from_account = '00000000-0000-0000-0000-000000000003' AND t.to_account = t.wallet_id
                AND t.payment_id IS NOT NULL
            ELSE false
        END
        UNION ALL
        SELECT id FROM house_transfers
        WHERE NOT CASE kind
            WHEN 'PAYMENT' THEN to_account = '00000000-0000-0000-0000-000000000002'
                AND from_account IN ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000004')
            WHEN 'REFUND' THEN from_account = '00000000-0000-0000-0000-000000000002' AND to_account = '00000000-0000-0000-0000-000000000004'
            ELSE false
        END
        """
    /// What the house's accounts lack is what the wallets have; what moves among them changes nothing. One row, without
    /// an id, when it is not so.
    case ledgerNotZero = """
        SELECT '00000000-0000-0000-0000-000000000000'::uuid
        WHERE (SELECT coalesce(sum(balance), 0) FROM wallets)
            <> (SELECT coalesce(sum(CASE WHEN to_account = wallet_id THEN amount ELSE -amount END), 0) FROM transfers)
        """
    /// Account 3 has the points of every payment that waits for the gateway's word, and no others.
    case reservedPointsUnequalOpenPayments = """
        SELECT p.id
        FROM payments AS p
        LEFT JOIN (
            SELECT payment_id, sum(moved) AS total
            FROM (
                SELECT payment_id, CASE kind WHEN 'RESERVE' THEN amount ELSE -amount END AS moved
                FROM transfers WHERE kind IN ('RESERVE', 'RELEASE')
                UNION ALL
                SELECT payment_id, -amount FROM house_transfers
                WHERE from_account = '00000000-0000-0000-0000-000000000003') AS m
            GROUP BY payment_id) AS t ON t.payment_id = p.id
        WHERE coalesce(t.total, 0)
            <> CASE WHEN p.status IN ('REQUESTED', 'UNKNOWN') THEN p.amount - p.card ELSE 0 END
        """

    // MARK: I4, money kept is what is paid for

    case reservationsPaidWrongly = """
        SELECT r.id
        FROM reservations AS r
        WHERE r.status IN ('PAID', 'REFUNDED')
            AND (SELECT coalesce(sum(p.amount - p.refunded), 0) FROM payments AS p
                WHERE p.reservation_id = r.id AND p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED'))
            <> (SELECT coalesce(sum(c.price), 0)
                FROM tickets AS t JOIN reservation_seats AS c USING (reservation_id, seat_id)
                WHERE t.reservation_id = r.id AND t.status <> 'VOID')
        """
    case paymentsUnequalTheirTransfers = """
        SELECT p.id
        FROM payments AS p
        LEFT JOIN (
            SELECT payment_id, sum(CASE kind WHEN 'PAYMENT' THEN amount ELSE 0 END) AS paid,
                sum(CASE kind WHEN 'REFUND' THEN amount ELSE 0 END) AS refunded
            FROM transfers WHERE payment_id IS NOT NULL GROUP BY payment_id) AS t ON t.payment_id = p.id
        WHERE p.method = 'POINTS' AND p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED')
            AND (coalesce(t.paid, 0) <> p.amount OR coalesce(t.refunded, 0) <> p.refunded)
        """
    /// What the gateway took and gave back is what its account lacks, and what sales have is what was not refunded. Of
    /// what is refunded the card's part is in proportion, rounded down.
    case cardPaymentsUnequalTheLedger = """
        SELECT p.id
        FROM payments AS p
        LEFT JOIN (
            SELECT payment_id, sum(taken) AS taken, sum(sold) AS sold
            FROM (
                SELECT payment_id, CASE kind WHEN 'CHARGE' THEN amount ELSE 0 END AS taken,
                    CASE kind WHEN 'PAYMENT' THEN amount WHEN 'REFUND' THEN -amount ELSE 0 END AS sold
                FROM transfers WHERE payment_id IS NOT NULL
                UNION ALL
                SELECT payment_id,
                    CASE WHEN from_account = '00000000-0000-0000-0000-000000000004' THEN amount
                        WHEN to_account = '00000000-0000-0000-0000-000000000004' THEN -amount ELSE 0 END,
                    CASE kind WHEN 'PAYMENT' THEN amount ELSE -amount END
                FROM house_transfers) AS m
            GROUP BY payment_id) AS t ON t.payment_id = p.id
        WHERE p.card > 0
            AND (coalesce(t.taken, 0) <> CASE
                    WHEN p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED') THEN p.card - div(p.refunded::numeric * p.card, nullif(p.amount, 0))
                    ELSE 0 END
                OR coalesce(t.sold, 0) <> CASE
                    WHEN p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED') AND p.reservation_id IS NOT NULL
                    THEN p.amount - p.refunded ELSE 0 END)
        """
    /// Also those that failed: they are owed.
    case cardPaymentsUnequalTheirRefunds = """
        SELECT p.id
        FROM payments AS p
        LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refunds GROUP BY payment_id) AS r
            ON r.payment_id = p.id
        WHERE coalesce(r.total, 0) <> CASE WHEN p.card > 0 THEN div(p.refunded::numeric * p.card, nullif(p.amount, 0)) ELSE 0 END
        """
    case paymentsWithAWrongRefund = """
        SELECT id FROM payments
        WHERE (status = 'REFUNDED' AND refunded <> amount)
            OR (status NOT IN ('REFUNDED', 'PARTIALLY_REFUNDED') AND refunded <> 0)
        """

    // MARK: I5, one event for each change

    case reservationsUnequalTheirEvents = """
        SELECT r.id
        FROM reservations AS r
        LEFT JOIN (
            SELECT subject_id, count(*) AS total, count(DISTINCT version) AS versions, min(version) AS first,
                max(version) AS last
            FROM events WHERE kind LIKE 'reservation.%' GROUP BY subject_id) AS e ON e.subject_id = r.id
        WHERE e.total IS DISTINCT FROM r.version OR e.versions <> e.total OR e.first <> 1 OR e.last <> r.version
        """
    case reservationsTheirLastEventContradicts = """
        SELECT r.id
        FROM events AS e JOIN reservations AS r ON r.id = e.subject_id AND r.version = e.version
        WHERE e.kind LIKE 'reservation.%' AND NOT CASE r.status
            WHEN 'PENDING' THEN e.kind IN ('reservation.held', 'reservation.reopened')
            WHEN 'CONFIRMED' THEN e.kind = 'reservation.confirmed'
            WHEN 'PAID' THEN e.kind IN ('reservation.paid', 'reservation.partlyRefunded')
            WHEN 'REFUNDED' THEN e.kind = 'reservation.refunded'
            WHEN 'CANCELLED' THEN e.kind = 'reservation.cancelled'
            WHEN 'EXPIRED' THEN e.kind = 'reservation.expired'
            ELSE false
        END
        """
    case eventsWithoutTheirReservation = """
        SELECT e.id FROM events AS e LEFT JOIN reservations AS r ON r.id = e.subject_id
        WHERE e.kind LIKE 'reservation.%' AND r.id IS NULL
        """
    case ticketsUnequalTheirEvents = """
        SELECT t.id
        FROM tickets AS t
        LEFT JOIN (
            SELECT subject_id, count(*) AS total FROM events WHERE kind = 'ticket.used' GROUP BY subject_id
        ) AS e ON e.subject_id = t.id
        WHERE coalesce(e.total, 0) <> CASE t.status WHEN 'USED' THEN 1 ELSE 0 END
        """
    case chargesUnequalTheirEvents = """
        SELECT t.id
        FROM transfers AS t
        LEFT JOIN (
            SELECT subject_id, count(*) AS total FROM events WHERE kind = 'points.charged' GROUP BY subject_id
        ) AS e ON e.subject_id = t.id
        WHERE t.kind = 'CHARGE' AND coalesce(e.total, 0) <> 1
        """

    /// Money that came too late is told once. A charge that was given back is always such money.
    case returnedPaymentsUnequalTheirEvents = """
        SELECT coalesce(p.id, e.subject_id)
        FROM (SELECT subject_id, count(*) AS total FROM events WHERE kind = 'payment.returned' GROUP BY subject_id) AS e
        LEFT JOIN payments AS p ON p.id = e.subject_id
        WHERE e.total <> 1 OR p.id IS NULL OR p.status <> 'REFUNDED' OR p.card = 0
        UNION ALL
        SELECT p.id
        FROM payments AS p
        LEFT JOIN (SELECT DISTINCT subject_id FROM events WHERE kind = 'payment.returned') AS e
            ON e.subject_id = p.id
        WHERE p.reservation_id IS NULL AND p.status = 'REFUNDED' AND e.subject_id IS NULL
        """
    /// Money that was taken for a reservation paid it once, or came too late.
    case reservationsUnequalTheirPayments = """
        SELECT r.id
        FROM reservations AS r
        JOIN (
            SELECT p.reservation_id, count(*) - count(e.subject_id) AS total
            FROM payments AS p
            LEFT JOIN (SELECT DISTINCT subject_id FROM events WHERE kind = 'payment.returned') AS e
                ON e.subject_id = p.id
            WHERE p.reservation_id IS NOT NULL AND p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED')
            GROUP BY p.reservation_id) AS t ON t.reservation_id = r.id
        LEFT JOIN (
            SELECT subject_id, count(*) AS total FROM events WHERE kind = 'reservation.paid' GROUP BY subject_id
        ) AS e ON e.subject_id = r.id
        WHERE t.total <> coalesce(e.total, 0)
        """
    case refundsUnequalTheirEvents = """
        SELECT r.id
        FROM refunds AS r
        LEFT JOIN (
            SELECT subject_id, count(*) AS total FROM events WHERE kind = 'refund.failed' GROUP BY subject_id
        ) AS e ON e.subject_id = r.id
        WHERE coalesce(e.total, 0) <> CASE WHEN r.status IN ('FAILED', 'SETTLED') THEN 1 ELSE 0 END
        """
    case settledRefundsWithoutStaff = """
        SELECT r.id FROM refunds AS r
        WHERE r.status = 'SETTLED' AND (
            SELECT count(*) FROM staff_actions AS a WHERE a.kind = 'refund.settled' AND a.subject_id = r.id) <> 1
        """

    // MARK: I6, what is over holds nothing

    case seatsOfReservationsThatAreOver = """
        SELECT s.id FROM seats AS s JOIN reservations AS r ON r.id = s.reservation_id
        WHERE r.status IN ('EXPIRED', 'CANCELLED', 'REFUNDED')
        """

    case confirmedReservationsWithoutPayment = """
        SELECT r.id FROM reservations AS r
        WHERE r.status = 'CONFIRMED' AND (
            SELECT count(*) FROM payments AS p
            WHERE p.reservation_id = r.id AND p.status IN ('REQUESTED', 'UNKNOWN')) <> 1
        """
    /// One that nobody knows about outlives its hold: the money may still come. A charge of points has no reservation.
    case openPaymentsNobodyWaitsFor = """
        SELECT p.id FROM payments AS p LEFT JOIN reservations AS r ON r.id = p.reservation_id
        WHERE p.reservation_id IS NOT NULL AND p.status IN ('REQUESTED', 'UNKNOWN')
            AND r.status IS DISTINCT FROM 'CONFIRMED' AND NOT (p.status = 'UNKNOWN' AND r.status = 'EXPIRED')
        """

    // MARK: What was looked at

    case seats = "SELECT count(*) FROM seats"
    case reservations = "SELECT count(*) FROM reservations"
    case payments = "SELECT count(*) FROM payments"
    case refunds = "SELECT count(*) FROM refunds"
    case tickets = "SELECT count(*) FROM tickets"
    case wallets = "SELECT count(*) FROM wallets"
    case transfers = "SELECT count(*) FROM transfers"
    case houseTransfers = "SELECT count(*) FROM house_transfers"
    case events = "SELECT count(*) FROM events"
    case undelivered = "SELECT count(*) FROM outbox"
}
