public import Domain
public import Ports

enum QueueJoinStatement: String, StatementSet {
    /// The highest number counts, of a fan who stands in the list twice too: a save that comes late must not put a
    /// lower one over the number that the fan was told.
    case remember = """
        INSERT INTO queue_joins (date_id, user_id, number)
        SELECT DISTINCT ON (new.user_id) $1, new.user_id, new.number
        FROM unnest($2, $3) AS new (user_id, number) ORDER BY new.user_id, new.number DESC
        ON CONFLICT (date_id, user_id) DO UPDATE SET number = greatest(queue_joins.number, excluded.number)
        """
    case forget = """
        DELETE FROM queue_joins
        WHERE date_id = $1 AND user_id IN (SELECT gone.user_id FROM unnest($2) AS gone (user_id) ORDER BY gone.user_id)
        """
    case page = """
        SELECT user_id, number FROM queue_joins
        WHERE date_id = $1 AND (number, user_id) > ($2, $3) ORDER BY number, user_id LIMIT $4
        """
    case rememberCalled = """
        INSERT INTO queue_calls AS kept (date_id, called_up_to) VALUES ($1, $2)
        ON CONFLICT (date_id) DO UPDATE SET called_up_to = excluded.called_up_to
        WHERE kept.called_up_to < excluded.called_up_to
        """
    case calledUpTo = "SELECT called_up_to FROM queue_calls WHERE date_id = $1"
    case forgetAll = "DELETE FROM queue_joins WHERE date_id = $1"
    case forgetCalled = "DELETE FROM queue_calls WHERE date_id = $1"
}

extension PostgresStore {
    public func remember(_ joins: [QueueJoin], of date: DateID) async throws(Fault) {
        guard !joins.isEmpty else { return }
        try await write("remember \(joins.count) places in a queue") { db in
            let fans = Column(joins) { $0.fan }
            _ = try db.commit([Request(QueueJoinStatement.remember, date, fans, Column(joins) { $0.number })])
        }
    }

    public func forget(_ fans: [UserID], of date: DateID) async throws(Fault) {
        guard !fans.isEmpty else { return }
        try await write("forget \(fans.count) places in a queue") { db in
            _ = try db.commit([Request(QueueJoinStatement.forget, date, Column(fans))])
        }
    }

    public func joins(of date: DateID, after: QueueJoin?, limit: Int) async throws(Fault) -> [QueueJoin] {
        try await read("read the places of a queue") { db in
            // No number is below 0, so this is before the first place.
            let request = Request(
                QueueJoinStatement.page, date, after?.number ?? -1, after?.fan ?? UserID(high: 0, low: 0), limit)
            return try db.run(request).all { QueueJoin(fan: try $0.id(0), number: try $0.integer(1)) }
        }
    }

    public func rememberCalled(upTo number: Int64, of date: DateID) async throws(Fault) {
        try await write("remember who was called") { db in
            _ = try db.commit([Request(QueueJoinStatement.rememberCalled, date, number)])
        }
    }

    public func calledUpTo(of date: DateID) async throws(Fault) -> Int64 {
        try await read("read who was called") { db in
            try db.run(Request(QueueJoinStatement.calledUpTo, date)).first { try $0.integer(0) } ?? 0
        }
    }

    public func forgetJoins(of date: DateID) async throws(Fault) {
        try await write("forget a queue") { db in
            _ = try db.commit([
                Request(QueueJoinStatement.forgetAll, date), Request(QueueJoinStatement.forgetCalled, date),
            ])
        }
    }
}
