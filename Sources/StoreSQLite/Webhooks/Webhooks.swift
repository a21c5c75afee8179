public import Domain
internal import GRDB
public import Ports

extension SQLiteStore: WebhookStore {
    public func add(_ endpoint: WebhookEndpoint, countMax: Int, action: StaffAction, answer: StoredAnswer?)
        async throws(Fault) -> Bool
    {
        try await write("add a webhook") { db in
            let owned = try PreparedStatement(WebhookStatement.ownedCount, on: db).first(endpoint.ownerID) { $0.int(0) }
            let all = try PreparedStatement(WebhookStatement.count, on: db).first { $0.int(0) }
            guard owned ?? 0 < countMax, all ?? 0 < WebhookEndpoint.countMax else { return false }
            try endpoint.insert(on: db)
            try action.insert(on: db)
            try answer?.insert(on: db)
            return true
        }
    }

    public func webhook(_ id: WebhookID) async throws(Fault) -> WebhookEndpoint? {
        try await read("read a webhook") { db in
            try PreparedStatement(WebhookStatement.byID, on: db).first(id, as: WebhookEndpoint.init)
        }
    }

    public func webhooks(of owner: UserID?, before: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read webhooks") { db in
            let first = before ?? .greatest
            guard let owner else {
                return try PreparedStatement(WebhookStatement.newest, on: db)
                    .all(first, limit, as: WebhookEndpoint.init)
            }
            return try PreparedStatement(WebhookStatement.newestOfOwner, on: db)
                .all(owner, first, limit, as: WebhookEndpoint.init)
        }
    }

    public func enabledWebhooks(limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read the webhooks that are on") { db in
            try PreparedStatement(WebhookStatement.enabled, on: db).all(limit, as: WebhookEndpoint.init)
        }
    }

    public func webhooksOfFormerStaff(limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read the webhooks of former staff") { db in
            try PreparedStatement(WebhookStatement.ofFormerStaff, on: db).all(limit, as: WebhookEndpoint.init)
        }
    }

    public func change(_ id: WebhookID, _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange?)
        async throws(Fault) -> WebhookEndpoint?
    {
        let now = clock.now()
        return try await write("change a webhook") { db in
            let found = try PreparedStatement(WebhookStatement.byID, on: db).first(id, as: WebhookEndpoint.init)
            guard let found, let changed = change(found, now) else { return found }
            try changed.save(on: db)
            return changed.endpoint
        }
    }

    public func bringForward(of endpoint: WebhookID, after: WebhookDeliveryID?, limit: Int) async throws(Fault)
        -> WebhookDeliveryID?
    {
        let now = clock.now()
        let first = after ?? WebhookDeliveryID(high: 0, low: 0)
        return try await write("bring webhook deliveries forward") { db in
            let found = try PreparedStatement(WebhookStatement.byID, on: db).first(endpoint, as: WebhookEndpoint.init)
            guard let found, found.isEnabled else { return nil }
            let pending: [WebhookDeliveryID] = try PreparedStatement(WebhookDeliveryStatement.pending, on: db)
                .all(endpoint, first, limit) { try $0.id(0) }
            let bringForward = try PreparedStatement(WebhookDeliveryStatement.bringForward, on: db)
            for id in pending { try bringForward.run(id, now) }
            return pending.count < limit ? nil : pending.last
        }
    }

    public func deleteWebhook(_ id: WebhookID, action: StaffAction) async throws(Fault) -> Bool {
        try await write("delete a webhook") { db in
            guard try PreparedStatement(WebhookStatement.delete, on: db).run(id) == 1 else { return false }
            try action.insert(on: db)
            return true
        }
    }

    // MARK: Deliveries

    public func add(_ deliveries: [WebhookDelivery], answer: StoredAnswer?) async throws(Fault) {
        guard !deliveries.isEmpty else { return }
        let now = clock.now()
        try await write("add \(deliveries.count) webhook deliveries") { db in
            let insert = try PreparedStatement(WebhookDeliveryStatement.insert, on: db)
            for row in deliveries {
                let inserted = try insert.run(
                    row.id, row.endpointID, row.eventID, row.kind, row.subjectID, row.payload,
                    row.giveUpAt(asOf: now), row.createdAt)
                guard inserted == 1 else { continue }
                try WebhookDelivery.promote(to: row.endpointID, about: row.subjectID, at: now, on: db)
            }
            try answer?.insert(on: db)
        }
    }

    public func dueWebhooks(areFailing: Bool, after: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        let now = clock.now()
        return try await read("read the webhooks that are due") { db in
            try PreparedStatement(WebhookStatement.due, on: db)
                .all(after ?? WebhookID(high: 0, low: 0), areFailing, now, limit, as: WebhookEndpoint.init)
        }
    }

    public func takeDeliveries(of endpoint: WebhookID, forSeconds seconds: Int, limit: Int) async throws(Fault)
        -> TakenDeliveries?
    {
        let now = clock.now()
        return try await write("take webhook deliveries") { db in
            let found = try PreparedStatement(WebhookStatement.byID, on: db).first(endpoint, as: WebhookEndpoint.init)
            guard let found, found.isEnabled else { return nil }
            let taken = try PreparedStatement(WebhookDeliveryStatement.take, on: db)
                .all(endpoint, now, now.adding(seconds: seconds), limit, as: WebhookDelivery.init)
            return TakenDeliveries(endpoint: found, at: now, deliveries: taken.sorted { $0.id < $1.id })
        }
    }

    public func record(
        _ results: [WebhookResult], of endpoint: WebhookID,
        _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange?
    ) async throws(Fault) -> WebhookEndpoint? {
        let now = clock.now()
        return try await write("record \(results.count) webhook attempts") { db in
            // Of an endpoint that is gone the deliveries are about to be forgotten.
            let found = try PreparedStatement(WebhookStatement.byID, on: db).first(endpoint, as: WebhookEndpoint.init)
            guard let found else { return nil }
            for result in results { try result.saved(for: found, at: now).save(of: endpoint, at: now, on: db) }
            guard let changed = change(found, now) else { return found }
            try changed.save(on: db)
            return changed.endpoint
        }
    }

    public func deliveries(
        of endpoint: WebhookID, status: WebhookDelivery.Status?, before: WebhookDeliveryID?, limit: Int
    ) async throws(Fault) -> [WebhookDelivery] {
        try await read("read webhook deliveries") { db in
            let first = before ?? .greatest
            guard let status else {
                return try PreparedStatement(WebhookDeliveryStatement.newest, on: db)
                    .all(endpoint, first, limit, as: WebhookDelivery.init)
            }
            return try PreparedStatement(WebhookDeliveryStatement.newestOfStatus, on: db)
                .all(endpoint, status, first, limit, as: WebhookDelivery.init)
        }
    }

    public func delivery(_ id: WebhookDeliveryID) async throws(Fault) -> WebhookDelivery? {
        try await read("read a webhook delivery") { db in
            try PreparedStatement(WebhookDeliveryStatement.byID, on: db).first(id, as: WebhookDelivery.init)
        }
    }

    public func attempts(of delivery: WebhookDeliveryID) async throws(Fault) -> [WebhookAttempt] {
        try await read("read webhook attempts") { db in
            try PreparedStatement(WebhookDeliveryStatement.attempts, on: db).all(delivery, as: WebhookAttempt.init)
        }
    }

    public func replay(
        _ id: WebhookDeliveryID, action: StaffAction,
        answer: @Sendable @escaping (WebhookDelivery) -> StoredAnswer?
    ) async throws(Fault) -> WebhookReplayRefusal? {
        let now = clock.now()
        return try await write("send a webhook delivery again") { db in
            let found = try PreparedStatement(WebhookDeliveryStatement.byID, on: db)
                .first(id, as: WebhookDelivery.init)
            guard let found else { return .notFound }
            guard found.status != .pending else { return .isPending }
            let (endpoint, subject) = (found.endpointID, found.subjectID)
            let earlier = try PreparedStatement(WebhookDeliveryStatement.earlier, on: db).first(id) { $0.int(0) }
            let underWay =
                try PreparedStatement(WebhookDeliveryStatement.underWay, on: db)
                .first(endpoint, subject, now) { $0.optionalTime(0) } ?? nil
            let row = found.sentAgain(waitsForEarlier: earlier != nil, underWayUntil: underWay, at: now)
            try PreparedStatement(WebhookDeliveryStatement.reopen, on: db)
                .run(id, row.nextAttemptAt, row.takenUntil, row.giveUpAt)
            try PreparedStatement(WebhookDeliveryStatement.holdBack, on: db).run(endpoint, subject, id)
            try action.insert(on: db)
            try answer(row)?.insert(on: db)
            return nil
        }
    }

    public func forgetDeliveries(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        let now = clock.now()
        let least = WebhookDeliveryID.least(at: now.adding(seconds: -seconds))
        return try await write("forget old webhook deliveries") { db in
            let forgotten = try PreparedStatement(WebhookDeliveryStatement.forget, on: db).all(least, limit) { row in
                (
                    endpoint: try row.id(0, of: WebhookEndpoint.self), subject: try row.id(1, of: Event.Subject.self),
                    status: try row.word(2) as WebhookDelivery.Status
                )
            }
            // Others may have waited for one that was never tried to its end, at an endpoint that was switched off.
            for one in forgotten where one.status == .pending {
                try WebhookDelivery.promote(to: one.endpoint, about: one.subject, at: now, on: db)
            }
            var count = forgotten.count
            let gone: WebhookID? = try PreparedStatement(WebhookStatement.deleted, on: db).first { try $0.id(0) }
            guard count < limit, let gone else { return count }
            let left = limit - count
            let ofGone = try PreparedStatement(WebhookDeliveryStatement.forgetOfEndpoint, on: db).run(gone, left)
            count += ofGone
            if ofGone < left { try PreparedStatement(WebhookStatement.forget, on: db).run(gone) }
            return count
        }
    }
}
