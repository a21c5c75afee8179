public import Domain
public import Ports

extension PostgresStore: WebhookStore {
    public func add(_ endpoint: WebhookEndpoint, countMax: Int, action: StaffAction, answer: StoredAnswer?)
        async throws(Fault) -> Bool
    {
        try await write("add a webhook") { db in
            let first = [
                Request(WebhookStatement.lockOwner, endpoint.ownerID),
                Request(WebhookStatement.ownedCount, endpoint.ownerID), Request(WebhookStatement.count),
            ]
            return try db.transaction(first) { results in
                let owned = try results[1].first { try $0.int(0) } ?? 0
                let all = try results[2].first { try $0.int(0) } ?? 0
                guard owned < countMax, all < WebhookEndpoint.countMax else { return (false, commit: nil) }
                let notes = StaffAction.insert([action]) + (answer.map { [StoredAnswer.replace([$0])] } ?? [])
                return (true, commit: [endpoint.insert] + notes)
            }
        }
    }

    public func webhook(_ id: WebhookID) async throws(Fault) -> WebhookEndpoint? {
        try await read("read a webhook") { db in
            try db.run(Request(WebhookStatement.byID, id)).first(WebhookEndpoint.init)
        }
    }

    public func webhooks(of owner: UserID?, before: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        let first = before ?? .greatest
        return try await read("read webhooks") { db in
            let request =
                owner.map { Request(WebhookStatement.newestOfOwner, $0, first, limit) }
                ?? Request(WebhookStatement.newest, first, limit)
            return try db.run(request).all(WebhookEndpoint.init)
        }
    }

    public func enabledWebhooks(limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read the webhooks that are on") { db in
            try db.run(Request(WebhookStatement.enabled, limit)).all(WebhookEndpoint.init)
        }
    }

    public func change(_ id: WebhookID, _ change: @Sendable @escaping (WebhookEndpoint) -> WebhookChange)
        async throws(Fault) -> WebhookEndpoint?
    {
        try await write("change a webhook") { db in
            try db.transaction([Request(WebhookStatement.lock, id)]) { results in
                guard let found = try results[0].first(WebhookEndpoint.init) else { return (nil, commit: nil) }
                let changed = change(found)
                return (changed.endpoint, commit: changed.requests)
            }
        }
    }

    public func deleteWebhook(_ id: WebhookID, action: StaffAction) async throws(Fault) -> Bool {
        try await write("delete a webhook") { db in
            try db.transaction([Request(WebhookStatement.lock, id)]) { results in
                guard results[0].count == 1 else { return (false, commit: nil) }
                return (true, commit: [Request(WebhookStatement.delete, id)] + StaffAction.insert([action]))
            }
        }
    }

    // MARK: Deliveries

    public func add(_ deliveries: [WebhookDelivery], answer: StoredAnswer?) async throws(Fault) {
        guard let now = deliveries.first?.createdAt else { return }
        try await write("add \(deliveries.count) webhook deliveries") { db in
            let endpoints = Set(deliveries.map(\.endpointID)).sorted()
            _ = try db.commit(
                [
                    Request(WebhookStatement.lockAll, Column(endpoints)), WebhookDelivery.insert(deliveries),
                    WebhookDelivery.promote(deliveries.map { ($0.endpointID, $0.subjectID) }, at: now),
                ] + (answer.map { [StoredAnswer.replace([$0])] } ?? []))
        }
    }

    public func dueWebhooks(at now: Timestamp, after: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read the webhooks that are due") { db in
            let first = after ?? WebhookID(high: 0, low: 0)
            return try db.run(Request(WebhookStatement.due, first, now, limit)).all(WebhookEndpoint.init)
        }
    }

    public func takeDeliveries(of endpoint: WebhookID, at now: Timestamp, until: Timestamp, limit: Int)
        async throws(Fault) -> [WebhookDelivery]
    {
        try await write("take webhook deliveries") { db in
            try db.commit([Request(WebhookDeliveryStatement.take, endpoint, now, until, limit)])[0]
                .all(WebhookDelivery.init).sorted { $0.id < $1.id }
        }
    }

    public func record(
        _ results: [WebhookResult], of endpoint: WebhookID, at now: Timestamp,
        _ change: @Sendable @escaping (WebhookEndpoint) -> WebhookChange?
    ) async throws(Fault) {
        guard !results.isEmpty else { return }
        try await write("record \(results.count) webhook attempts") { db in
            try db.transaction([Request(WebhookStatement.lock, endpoint)]) { rows in
                let changed = try rows[0].first(WebhookEndpoint.init).flatMap(change)
                let record = WebhookResult.record(results, of: endpoint, at: now)
                return ((), commit: record + (changed?.requests ?? []))
            }
        }
    }

    public func deliveries(
        of endpoint: WebhookID, status: WebhookDelivery.Status?, before: WebhookDeliveryID?, limit: Int
    ) async throws(Fault) -> [WebhookDelivery] {
        let first = before ?? .greatest
        return try await read("read webhook deliveries") { db in
            let request =
                status.map { Request(WebhookDeliveryStatement.newestOfStatus, endpoint, $0, first, limit) }
                ?? Request(WebhookDeliveryStatement.newest, endpoint, first, limit)
            return try db.run(request).all(WebhookDelivery.init)
        }
    }

    public func delivery(_ id: WebhookDeliveryID) async throws(Fault) -> WebhookDelivery? {
        try await read("read a webhook delivery") { db in
            try db.run(Request(WebhookDeliveryStatement.byID, id)).first(WebhookDelivery.init)
        }
    }

    public func attempts(of delivery: WebhookDeliveryID) async throws(Fault) -> [WebhookAttempt] {
        try await read("read webhook attempts") { db in
            try db.run(Request(WebhookDeliveryStatement.attempts, delivery)).all(WebhookAttempt.init)
        }
    }

    public func replay(
        _ id: WebhookDeliveryID, at now: Timestamp, action: StaffAction,
        answer: @Sendable @escaping (WebhookDelivery) -> StoredAnswer?
    ) async throws(Fault) -> WebhookReplayRefusal? {
        try await write("send a webhook delivery again") { db in
            let first = [
                Request(WebhookStatement.lockOfDelivery, id), Request(WebhookDeliveryStatement.byID, id),
                Request(WebhookDeliveryStatement.earlier, id),
            ]
            return try db.transaction(first) { results -> (WebhookReplayRefusal?, commit: [Request]?) in
                guard var row = try results[1].first(WebhookDelivery.init) else { return (.notFound, commit: nil) }
                guard row.status != .pending else { return (.isPending, commit: nil) }
                row.status = .pending
                row.failureCount = 0
                row.finishedAt = nil
                row.giveUpAt = now.adding(seconds: WebhookSchedule.patienceSeconds)
                row.nextAttemptAt = results[2].count == 0 ? now : nil
                let requests = [
                    Request(WebhookDeliveryStatement.reopen, id, row.giveUpAt),
                    Request(WebhookDeliveryStatement.holdBack, row.endpointID, row.subjectID),
                    WebhookDelivery.promote([(row.endpointID, row.subjectID)], at: now),
                ]
                let notes = StaffAction.insert([action]) + (answer(row).map { [StoredAnswer.replace([$0])] } ?? [])
                return (nil, commit: requests + notes)
            }
        }
    }

    public func forgetDeliveries(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await write("forget old webhook deliveries") { db in
            // By the clock that batches are dated with, not by this process's.
            let now = try self.moment(0, agoOn: db)
            let least = WebhookDeliveryID.least(at: now.adding(seconds: -seconds))
            let old = Request(WebhookDeliveryStatement.forget, least, limit)
            let count = try db.transaction([old]) { results in
                // Others may have waited for one that was never tried to its end, at an endpoint that was switched off.
                var open: [(WebhookID, ID<Event.Subject>)] = []
                try results[0].each { row in
                    let status: WebhookDelivery.Status = try row.word(2)
                    if status == .pending { open.append((try row.id(0), try row.id(1))) }
                }
                return (results[0].count, commit: [WebhookDelivery.promote(open, at: now)])
            }
            guard count < limit else { return count }
            let gone: WebhookID? = try db.run(Request(WebhookStatement.deleted)).first { try $0.id(0) }
            guard let gone else { return count }
            let forgotten = try db.commit([
                Request(WebhookDeliveryStatement.forgetOfEndpoint, gone, limit - count),
                Request(WebhookStatement.forget, gone),
            ])
            return count + forgotten[0].changed
        }
    }
}
