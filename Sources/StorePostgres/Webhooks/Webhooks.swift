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

    public func webhooksOfFormerStaff(limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read the webhooks of former staff") { db in
            try db.run(Request(WebhookStatement.ofFormerStaff, limit)).all(WebhookEndpoint.init)
        }
    }

    public func change(_ id: WebhookID, _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange?)
        async throws(Fault) -> WebhookEndpoint?
    {
        try await write("change a webhook") { db in
            let now = try self.moment(0, agoOn: db)
            return try db.transaction([Request(WebhookStatement.lock, id)]) { results in
                let found = try results[0].first(WebhookEndpoint.init)
                guard let found, let changed = change(found, now) else { return (found, commit: nil) }
                return (changed.endpoint, commit: changed.requests)
            }
        }
    }

    public func bringForward(of endpoint: WebhookID, after: WebhookDeliveryID?, limit: Int) async throws(Fault)
        -> WebhookDeliveryID?
    {
        try await write("bring webhook deliveries forward") { db in
            let now = try self.moment(0, agoOn: db)
            let first = [
                Request(WebhookStatement.lock, endpoint),
                Request(WebhookDeliveryStatement.pending, endpoint, after ?? WebhookDeliveryID(high: 0, low: 0), limit),
            ]
            return try db.transaction(first) { results -> (WebhookDeliveryID?, commit: [Request]?) in
                guard let found = try results[0].first(WebhookEndpoint.init), found.isEnabled else {
                    return (nil, commit: nil)
                }
                let pending: [WebhookDeliveryID] = try results[1].all { try $0.id(0) }
                return (
                    pending.count < limit ? nil : pending.last,
                    commit: [Request(WebhookDeliveryStatement.bringForward, Column(pending), now)]
                )
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
        guard !deliveries.isEmpty else { return }
        try await write("add \(deliveries.count) webhook deliveries") { db in
            let now = try self.moment(0, agoOn: db)
            let endpoints = Set(deliveries.map(\.endpointID)).sorted()
            let subjects = deliveries.map {
                WebhookDelivery.Subject(endpoint: $0.endpointID, subject: $0.subjectID)
            }
            _ = try db.commit(
                [
                    Request(WebhookStatement.lockAll, Column(endpoints)), WebhookDelivery.insert(deliveries, at: now),
                    WebhookDelivery.promote(subjects, at: now),
                ] + (answer.map { [StoredAnswer.replace([$0])] } ?? []))
        }
    }

    public func dueWebhooks(areFailing: Bool, after: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint] {
        try await read("read the webhooks that are due") { db in
            let first = after ?? WebhookID(high: 0, low: 0)
            let now = try self.moment(0, agoOn: db)
            return try db.run(Request(WebhookStatement.due, first, now, limit, areFailing)).all(WebhookEndpoint.init)
        }
    }

    public func takeDeliveries(of endpoint: WebhookID, forSeconds seconds: Int, limit: Int) async throws(Fault)
        -> TakenDeliveries?
    {
        try await write("take webhook deliveries") { db in
            let now = try self.moment(0, agoOn: db)
            // Behind the endpoint's lock: what is sent again meanwhile sees that this is under way, or this sees that.
            let results = try db.commit([
                Request(WebhookStatement.lock, endpoint),
                Request(WebhookDeliveryStatement.take, endpoint, now, now.adding(seconds: seconds), limit),
            ])
            guard let found = try results[0].first(WebhookEndpoint.init), found.isEnabled else { return nil }
            let taken = try results[1].all(WebhookDelivery.init).sorted { $0.id < $1.id }
            return TakenDeliveries(endpoint: found, at: now, deliveries: taken)
        }
    }

    public func record(
        _ results: [WebhookResult], of endpoint: WebhookID,
        _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange?
    ) async throws(Fault) -> WebhookEndpoint? {
        try await write("record \(results.count) webhook attempts") { db in
            let now = try self.moment(0, agoOn: db)
            return try db.transaction([Request(WebhookStatement.lock, endpoint)]) { rows in
                // Of an endpoint that is gone the deliveries are about to be forgotten.
                guard let found = try rows[0].first(WebhookEndpoint.init) else { return (nil, commit: nil) }
                let changed = change(found, now)
                let saved = results.map { $0.saved(for: found, at: now) }
                let record = saved.isEmpty ? [] : WebhookResult.record(saved, of: endpoint, at: now)
                return (changed?.endpoint ?? found, commit: record + (changed?.requests ?? []))
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
        _ id: WebhookDeliveryID, action: StaffAction,
        answer: @Sendable @escaping (WebhookDelivery) -> StoredAnswer?
    ) async throws(Fault) -> WebhookReplayRefusal? {
        try await write("send a webhook delivery again") { db in
            let now = try self.moment(0, agoOn: db)
            let first = [
                Request(WebhookStatement.lockOfDelivery, id), Request(WebhookDeliveryStatement.byID, id),
                Request(WebhookDeliveryStatement.earlier, id), Request(WebhookDeliveryStatement.underWay, id, now),
            ]
            return try db.transaction(first) { results -> (WebhookReplayRefusal?, commit: [Request]?) in
                guard let found = try results[1].first(WebhookDelivery.init) else { return (.notFound, commit: nil) }
                guard found.status != .pending else { return (.isPending, commit: nil) }
                let underWay = try results[3].first { try $0.optionalTime(0) } ?? nil
                let row = found.sentAgain(waitsForEarlier: results[2].count > 0, underWayUntil: underWay, at: now)
                let requests = [
                    Request(WebhookDeliveryStatement.reopen, id, row.nextAttemptAt, row.takenUntil, row.giveUpAt),
                    Request(WebhookDeliveryStatement.holdBack, row.endpointID, row.subjectID, id),
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
            let old: [(id: WebhookDeliveryID, about: WebhookDelivery.Subject)] = try db.run(
                Request(WebhookDeliveryStatement.old, least, limit)
            ).all { (try $0.id(0), WebhookDelivery.Subject(endpoint: try $0.id(1), subject: try $0.id(2))) }
            if !old.isEmpty {
                // The endpoints are locked first, as whoever else changes deliveries does, so that nobody waits for a
                // delivery that this has while this waits for one of theirs. Others may have waited for one that was
                // never tried to its end, at an endpoint that was switched off.
                let endpoints = Set(old.map(\.about.endpoint)).sorted()
                _ = try db.commit([
                    Request(WebhookStatement.lockAll, Column(endpoints)),
                    Request(WebhookDeliveryStatement.forget, Column(old) { $0.id }),
                    WebhookDelivery.promote(old.map(\.about), at: now),
                ])
            }
            guard old.count < limit else { return old.count }
            let gone: WebhookID? = try db.run(Request(WebhookStatement.deleted)).first { try $0.id(0) }
            guard let gone else { return old.count }
            let forgotten = try db.commit([
                Request(WebhookStatement.lockAll, Column([gone])),
                Request(WebhookDeliveryStatement.forgetOfEndpoint, gone, limit - old.count),
                Request(WebhookStatement.forget, gone),
            ])
            return old.count + forgotten[1].changed
        }
    }
}
