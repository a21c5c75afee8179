public import Domain
internal import GRDB
public import Ports

enum MailStatement: String, StatementSet {
    case spool = """
        INSERT INTO mails (event_id, status, due_at, attempt_count) VALUES (?, 'WAITING', ?, 0) ON CONFLICT DO NOTHING
        """
    case due = "SELECT event_id FROM mails WHERE status = 'WAITING' AND due_at <= ? ORDER BY due_at LIMIT ?"
    case take = """
        UPDATE mails SET due_at = ?, attempt_count = attempt_count + 1
        WHERE event_id = ? AND status = 'WAITING' AND due_at <= ?
        """
    case taken = """
        SELECT e.id, e.kind, e.subject_id, e.version, e.date_id, e.user_id, e.amount, e.seats, e.at, m.attempt_count
        FROM mails AS m JOIN events AS e ON e.id = m.event_id WHERE m.event_id = ?
        """
    case keep = "UPDATE mails SET due_at = ? WHERE event_id = ? AND status = 'WAITING'"
    case postpone = "UPDATE mails SET due_at = ?, reason = ? WHERE event_id = ? AND status = 'WAITING'"
    case giveBack = """
        UPDATE mails SET due_at = ?, attempt_count = attempt_count - 1
        WHERE event_id = ? AND status = 'WAITING' AND attempt_count > 0
        """
    case end = "UPDATE mails SET status = ?, reason = ?, ended_at = ? WHERE event_id = ? AND status = 'WAITING'"
    case waitingCount = "SELECT count(*) FROM mails WHERE status = 'WAITING'"
    case forget = """
        DELETE FROM mails WHERE event_id IN (
            SELECT event_id FROM mails WHERE event_id < ? AND status <> 'WAITING' ORDER BY event_id LIMIT ?)
        """
}

extension SQLiteStore: MailStore {
    public func spoolMails(of events: [Event], notOlderThanSeconds seconds: Int) async throws(Fault) -> Int {
        let now = clock.now()
        let oldest = now.adding(seconds: -seconds)
        let young = events.filter { $0.at > oldest }
        guard !young.isEmpty else { return events.count }
        try await write("spool \(young.count) mails") { db in
            let spool = try PreparedStatement(MailStatement.spool, on: db)
            for event in young { try spool.run(event.id, now) }
        }
        return events.count - young.count
    }

    public func takeDueMails(limit: Int, forSeconds seconds: Int) async throws(Fault) -> [WaitingMail] {
        let now = clock.now()
        // Looked for before anything is written, since most of the time there is none.
        let due = try await read("look for mails to send") { db in
            try PreparedStatement(MailStatement.due, on: db).all(now, limit) { row in try row.id(0, of: Event.self) }
        }
        guard !due.isEmpty else { return [] }
        return try await write("take \(due.count) mails to send") { db in
            let take = try PreparedStatement(MailStatement.take, on: db)
            let taken = try PreparedStatement(MailStatement.taken, on: db)
            return try due.compactMap { event in
                guard try take.run(now.adding(seconds: seconds), event, now) == 1 else { return nil }
                return try taken.first(event) { row in
                    WaitingMail(event: try EventLogRow.read(row), attempt: row.int(9))
                }
            }
        }
    }

    public func keepMails(of events: [EventID], forSeconds seconds: Int) async throws(Fault) {
        guard !events.isEmpty else { return }
        let due = clock.now().adding(seconds: seconds)
        try await write("keep \(events.count) mails") { db in
            let keep = try PreparedStatement(MailStatement.keep, on: db)
            for event in events { try keep.run(due, event) }
        }
    }

    public func postponeMail(of event: EventID, bySeconds seconds: Int, reason: String) async throws(Fault) {
        let due = clock.now().adding(seconds: seconds)
        try await write("postpone a mail") { db in
            _ = try PreparedStatement(MailStatement.postpone, on: db).run(due, reason, event)
        }
    }

    public func giveBackMails(of events: [EventID]) async throws(Fault) {
        guard !events.isEmpty else { return }
        let now = clock.now()
        try await write("give \(events.count) mails back") { db in
            let giveBack = try PreparedStatement(MailStatement.giveBack, on: db)
            for event in events { try giveBack.run(now, event) }
        }
    }

    public func endMails(of events: [EventID], _ end: MailEnd) async throws(Fault) {
        guard !events.isEmpty else { return }
        let now = clock.now()
        try await write("note what became of \(events.count) mails") { db in
            let statement = try PreparedStatement(MailStatement.end, on: db)
            for event in events { try statement.run(end.status, end.reason, now, event) }
        }
    }

    public func waitingMailCount() async throws(Fault) -> Int {
        try await read("count waiting mails") { db in
            try PreparedStatement(MailStatement.waitingCount, on: db).first { $0.int(0) } ?? 0
        }
    }

    public func forgetMails(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        let least = EventID.least(at: clock.now().adding(seconds: -seconds))
        return try await write("forget old mails") { db in
            try PreparedStatement(MailStatement.forget, on: db).run(least, limit)
        }
    }
}

extension MailEnd {
    fileprivate var status: String {
        switch self {
        case .sent: "SENT"
        case .failed: "FAILED"
        }
    }

    /// Of one that was sent nothing is left to say.
    fileprivate var reason: String? {
        switch self {
        case .sent: nil
        case .failed(let reason): reason
        }
    }
}
