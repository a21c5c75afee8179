/// Each check is a query for the ids of the rows that break it. They read whole tables: an audit looks at everything.
enum AuditStatement: String, StatementSet {
    // MARK: I1, one owner

    case seatsWithTwoGoodTickets = """
        SELECT seat_id FROM tickets WHERE status <> 'VOID' GROUP BY seat_id HAVING count(*) > 1
        """
    /// A claim is followed by the next one on the same seat only when it is over, or was past its deadline at the
    /// moment the next was made. The sweeper may not have come yet: then it is still `PENDING`, which is fine.
    case seatsWithTwoOwners = """
        SELECT c.seat_id
        FROM (
            SELECT seat_id, reservation_id, fence,
                lead(reservation_id) OVER by_fence AS next_id, lead(fence) OVER by_fence AS next_fence
            FROM reservation_seats
            WINDOW by_fence AS (PARTITION BY seat_id ORDER BY fence)) AS c
        JOIN reservations AS r ON r.id = c.reservation_id
        JOIN reservations AS next ON next.id = c.next_id
        WHERE c.next_fence = c.fence
            OR r.status = 'CONFIRMED'
            OR (r.status = 'PENDING' AND next.created_at < r.expires_at)
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
                OR (r.status = 'PENDING' AND r.expires_at <> s.held_until))
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
        WHERE p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED') AND r.status IS DISTINCT FROM 'PAID'
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
    /// 1 is the account of money from outside, 2 that of tickets sold.
    case transfersOutsideTheLedger = """
        SELECT t.id
        FROM transfers AS t LEFT JOIN wallets AS w ON w.user_id = t.wallet_id
        WHERE w.user_id IS NULL OR NOT CASE t.kind
            WHEN 'CHARGE' THEN t.from_account = '00000000-0000-0000-0000-000000000001'
                AND t.to_account = t.wallet_id
            WHEN 'PAYMENT' THEN t.to_account = '00000000-0000-0000-0000-000000000002'
                AND t.from_account = t.wallet_id
            WHEN 'REFUND' THEN t.from_account = '00000000-0000-0000-0000-000000000002'
                AND t.to_account = t.wallet_id
            ELSE false
        END
        """
    /// What the house's accounts lack is what the wallets have. One row, without an id, when it is not so.
    case ledgerNotZero = """
        SELECT '00000000-0000-0000-0000-000000000000'::uuid
        WHERE (SELECT coalesce(sum(balance), 0) FROM wallets)
            <> (SELECT coalesce(sum(CASE kind WHEN 'PAYMENT' THEN -amount ELSE amount END), 0) FROM transfers)
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
            WHEN 'PAID' THEN e.kind IN ('reservation.paid', 'reservation.partlyRefunded')
            WHEN 'REFUNDED' THEN e.kind = 'reservation.refunded'
            WHEN 'CANCELLED' THEN e.kind = 'reservation.cancelled'
            WHEN 'EXPIRED' THEN e.kind = 'reservation.expired'
            ELSE true
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

    // MARK: I6, what is over holds nothing

    case seatsOfReservationsThatAreOver = """
        SELECT s.id FROM seats AS s JOIN reservations AS r ON r.id = s.reservation_id
        WHERE r.status IN ('EXPIRED', 'CANCELLED', 'REFUNDED')
        """

    // MARK: What was looked at

    case seats = "SELECT count(*) FROM seats"
    case reservations = "SELECT count(*) FROM reservations"
    case payments = "SELECT count(*) FROM payments"
    case tickets = "SELECT count(*) FROM tickets"
    case wallets = "SELECT count(*) FROM wallets"
    case transfers = "SELECT count(*) FROM transfers"
    case events = "SELECT count(*) FROM events"
    case undelivered = "SELECT count(*) FROM outbox"
}
