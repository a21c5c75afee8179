public import Domain
public import Ports

enum MailStatement: String, StatementSet {
    case spool = """
        INSERT INTO mails (event_id, status, due_at, attempt_count)
        SELECT new.id, 'WAITING', $2, 0 FROM unnest($1) AS new (id) ORDER BY new.id
        ON CONFLICT DO NOTHING
        """
    case anyDue = "SELECT event_id FROM mails WHERE status = 'WAITING' AND due_at <= $1 ORDER BY due_at LIMIT 1"
    /// Of two processes that look at once each takes others.
    case take = """
        WITH due AS (
            SELECT event_id FROM mails WHERE status = 'WAITING' AND due_at <= $1 ORDER BY due_at LIMIT $3
            FOR UPDATE SKIP LOCKED
        )
        UPDATE mails AS m SET due_at = $2, attempt_count = m.attempt_count + 1
        FROM due JOIN events AS e ON e.id = due.event_id
        WHERE m.event_id = due.event_id
        RETURNING e.id, e.kind, e.subject_id, e.version, e.date_id, e.user_id, e.amount, e.seats, e.at, m.attempt_count
        """
    case keep = """
        UPDATE mails AS m SET due_at = $1
        FROM unnest($2) AS kept (id) WHERE m.event_id = kept.id AND m.status = 'WAITING'
        """
    case postpone = "UPDATE mails SET due_at = $1, reason = $2 WHERE event_id = $3 AND status = 'WAITING'"
    case giveBack = """
        UPDATE mails AS m SET due_at = $1, attempt_count = m.attempt_count - 1
        FROM unnest($2) AS given (id) WHERE m.event_id = given.id AND m.status = 'WAITING' AND m.attempt_count > 0
        """
    case end = """
        UPDATE mails AS m SET status = $1, reason = $2, ended_at = $3
        FROM unnest($4) AS ended (id) WHERE m.event_id = ended.id AND m.status = 'WAITING'
        """
    case waitingCount = "SELECT count(*) FROM mails WHERE status = 'WAITING'"
    case forget = """
        DELETE FROM mails WHERE event_id IN (
            SELECT event_id FROM mails WHERE event_id < $1 AND status <> 'WAITING' ORDER BY event_id LIMIT $2)
        """
}

extension PostgresStore: MailStore {
    public func spoolMails(of events: [Event], notOlderThanSeconds seconds: Int) async throws(Fault) -> Int {
        guard !events.isEmpty else { return 0 }
        return try await write("spool \(events.count) mails") { db in
            let now = try self.moment(0, agoOn: db)
            let oldest = now.adding(seconds: -seconds)
            let young = events.filter { $0.at > oldest }
            if !young.isEmpty { _ = try db.commit([Request(MailStatement.spool, Column(young) { $0.id }, now)]) }
            return events.count - young.count
        }
    }

    public func takeDueMails(limit: Int, forSeconds seconds: Int) async throws(Fault) -> [WaitingMail] {
        // Looked for before anything is written, since most of the time there is none.
        let isAnyDue = try await read("look for mails to send") { db in
            try db.run(Request(MailStatement.anyDue, try self.moment(0, agoOn: db))).count > 0
        }
        guard isAnyDue else { return [] }
        return try await write("take mails to send") { db in
            let now = try self.moment(0, agoOn: db)
            let taken = try db.commit([Request(MailStatement.take, now, now.adding(seconds: seconds), limit)])
            let mails = try taken[0].all { row in WaitingMail(event: try Event(row), attempt: try row.int(9)) }
            // The server returns them in whatever order it changed them.
            return mails.sorted { $0.event.id < $1.event.id }
        }
    }

    public func keepMails(of events: [EventID], forSeconds seconds: Int) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("keep \(events.count) mails") { db in
            let due = try self.moment(-seconds, agoOn: db)
            _ = try db.commit([Request(MailStatement.keep, due, Column(events))])
        }
    }

    public func postponeMail(of event: EventID, bySeconds seconds: Int, reason: String) async throws(Fault) {
        try await write("postpone a mail") { db in
            let due = try self.moment(-seconds, agoOn: db)
            _ = try db.commit([Request(MailStatement.postpone, due, reason, event)])
        }
    }

    public func giveBackMails(of events: [EventID]) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("give \(events.count) mails back") { db in
            _ = try db.commit([Request(MailStatement.giveBack, try self.moment(0, agoOn: db), Column(events))])
        }
    }

    public func endMails(of events: [EventID], _ end: MailEnd) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("note what became of \(events.count) mails") { db in
            let now = try self.moment(0, agoOn: db)
            _ = try db.commit([Request(MailStatement.end, end.status, end.reason, now, Column(events))])
        }
    }

    public func waitingMailCount() async throws(Fault) -> Int {
        try await read("count waiting mails") { db in
            try db.run(Request(MailStatement.waitingCount)).first { try $0.int(0) } ?? 0
        }
    }

    public func forgetMails(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await write("forget old mails") { db in
            let least = EventID.least(at: try self.moment(seconds, agoOn: db))
            return try db.commit([Request(MailStatement.forget, least, limit)])[0].changed
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
