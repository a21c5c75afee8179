internal import Domain
public import Ports

extension PostgresStore {
    /// A big store takes a while to be read through.
    private static let auditLimitMs = 1_800_000

    /// Runs all checks on one snapshot: what is committed meanwhile is not seen, nor kept waiting.
    public func audit() async throws(Fault) -> AuditReport {
        try await read("audit the store") { db in
            _ = try db.exchange([.beginSnapshot, Request(AuditSettings.unlimited)])
            let findings = try auditChecks.map { check in
                var violations = 0
                var examples: [String] = []
                try db.run(Request(check.statement), limitMs: Self.auditLimitMs).each { row in
                    violations += 1
                    if examples.count < exampleCountMax { examples.append(try row.id(0, of: Audited.self).description) }
                }
                return AuditReport.Finding(
                    invariant: check.invariant, title: check.title, violations: violations, examples: examples)
            }
            let counts = try auditCounts.map { name, statement in
                let count = try db.run(Request(statement), limitMs: Self.auditLimitMs).first { try $0.int(0) }
                return (name: name, count: count ?? 0)
            }
            _ = try db.exchange([.rollback])
            return AuditReport(findings: findings, counts: counts)
        }
    }
}

/// For the transaction of an audit alone. Hashing and sorting whole tables is quicker with more memory.
private enum AuditSettings: String, StatementSet {
    case unlimited = "SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true)"
}

/// Stands for the type of whatever an example is.
private enum Audited {}

private let exampleCountMax = 10

/// The rules of DESIGN section 4, as far as rows can break them.
private let auditChecks: [(invariant: String, title: String, statement: AuditStatement)] = [
    ("I1", "a seat with two good tickets", .seatsWithTwoGoodTickets),
    ("I1", "a seat with two owners", .seatsWithTwoOwners),
    ("I1", "a seat that contradicts its reservation", .seatsThatContradictTheirOwner),
    ("I1", "a live reservation that lost a seat", .liveReservationsWithoutTheirSeat),
    ("I2", "a paid reservation without its payment, a ticket or its event", .paidReservationsNotComplete),
    ("I2", "a captured payment of a reservation that is not paid", .capturedPaymentsOfUnpaidReservations),
    ("I2", "a good ticket of a reservation that is not paid", .goodTicketsOfUnpaidReservations),
    ("I2", "a paid seat without a good ticket", .paidSeatsWithoutTicket),
    ("I2", "an event of payment of a reservation that was not paid", .paidEventsOfUnpaidReservations),
    ("I3", "a wallet that is not its ledger's sum", .walletsUnequalTheirLedger),
    ("I3", "a transfer between accounts that do not belong together", .transfersOutsideTheLedger),
    ("I3", "a payment whose points set aside are not those that it waits with", .reservedPointsUnequalOpenPayments),
    ("I3", "a ledger that does not sum to zero", .ledgerNotZero),
    ("I4", "a reservation whose payments less refunds are not its tickets' prices", .reservationsPaidWrongly),
    ("I4", "a payment with points that is not its transfers' sum", .paymentsUnequalTheirTransfers),
    ("I4", "a card payment that is not what the ledger has of it", .cardPaymentsUnequalTheLedger),
    ("I4", "a card payment whose refunds are not what was given back to the card", .cardPaymentsUnequalTheirRefunds),
    ("I4", "a payment whose refund does not fit its status", .paymentsWithAWrongRefund),
    ("I5", "a reservation without exactly one event for each change", .reservationsUnequalTheirEvents),
    ("I5", "a reservation that its last event contradicts", .reservationsTheirLastEventContradicts),
    ("I5", "an event of a reservation that does not exist", .eventsWithoutTheirReservation),
    ("I5", "a ticket whose use and events differ", .ticketsUnequalTheirEvents),
    ("I5", "a charge without exactly one event", .chargesUnequalTheirEvents),
    ("I5", "a payment given back whose events are not one", .returnedPaymentsUnequalTheirEvents),
    ("I5", "a reservation whose payments are not those of its events", .reservationsUnequalTheirPayments),
    ("I5", "a refund whose failure and events differ", .refundsUnequalTheirEvents),
    ("I5", "a refund settled by hand without exactly one entry of the audit log", .settledRefundsWithoutStaff),
    ("I6", "a seat held by a reservation that is over", .seatsOfReservationsThatAreOver),
    ("I6", "a confirmed reservation without exactly one open payment", .confirmedReservationsWithoutPayment),
    ("I6", "an open payment that no reservation waits for", .openPaymentsNobodyWaitsFor),
]

private let auditCounts: [(name: String, statement: AuditStatement)] = [
    ("seats", .seats), ("reservations", .reservations), ("payments", .payments), ("refunds", .refunds),
    ("tickets", .tickets), ("wallets", .wallets), ("transfers", .transfers),
    ("house transfers", .houseTransfers), ("events", .events), ("undelivered events", .undelivered),
]
