public import Domain
public import Ports

/// Where staff change concerts, dates and layouts. Each change is a transaction with its event and the word of who did
/// it; maps and waiting rooms follow it before the answer.
public final class CatalogDesk: Sendable {
    private let store: any Store
    private let engine: Engine
    private let doorkeeper: Doorkeeper
    private let clock: any WallClock
    private let ids: IDMint

    public init(store: any Store, engine: Engine, doorkeeper: Doorkeeper, clock: any WallClock, ids: IDMint) {
        self.store = store
        self.engine = engine
        self.doorkeeper = doorkeeper
        self.clock = clock
        self.ids = ids
    }

    // MARK: Concerts

    public func createConcert(
        _ draft: ConcertDraft, by staff: UserID, idempotency: Idempotency,
        encode: @Sendable @escaping (Concert) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        try await once(idempotency) { now, answer throws(Fault) in
            let concert = draft.concert(id: self.ids.next(at: now), createdAt: now)
            let stored = answer(encode(concert))
            try await self.store.save(
                concert, event: self.event(.concertChanged, of: ID(concert.id), by: staff, at: now),
                action: self.action(.concertCreated, on: ID(concert.id), by: staff, at: now), answer: stored)
            return stored
        }
    }

    public func changeConcert(_ id: ConcertID, to draft: ConcertDraft, by staff: UserID) async throws(Fault) -> Concert?
    {
        try await inTurn { () async throws(Fault) in
            guard let concert = try await self.store.concert(id) else { return nil }
            let changed = draft.concert(id: id, createdAt: concert.createdAt)
            let isMoved = concert.status != changed.status
            let now = self.clock.now()
            try await self.store.save(
                changed, event: self.event(.concertChanged, of: ID(id), by: staff, at: now),
                action: self.action(
                    .concertChanged, on: ID(id), by: staff, detail: isMoved ? changed.status.rawValue : nil, at: now),
                answer: nil)
            guard isMoved else { return changed }
            // Whether fans see its dates, and may wait for them, follows the concert.
            for date in try await self.store.dates(of: id) {
                self.engine.forgetMap(of: date.id)
                try await self.doorkeeper.open(date)
            }
            return changed
        }
    }

    public func deleteConcert(_ id: ConcertID, by staff: UserID) async throws(Fault) -> CatalogRefusal? {
        try await inTurn { () async throws(Fault) in
            let dates = try await self.store.dates(of: id)
            let refusal = try await self.store.delete(
                id, action: self.action(.concertDeleted, on: ID(id), by: staff, at: self.clock.now()))
            if refusal == nil {
                for date in dates {
                    self.engine.forgetMap(of: date.id)
                    try await self.doorkeeper.close(date.id)
                }
            }
            return refusal
        }
    }

    // MARK: Dates

    public func createDate(
        of concert: ConcertID, _ draft: DateDraft, by staff: UserID, idempotency: Idempotency,
        encode: @Sendable @escaping (ConcertDate) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        try await once(idempotency) { now, answer throws(Fault) in
            guard try await self.store.concert(concert) != nil else { return nil }
            let date = ConcertDate(
                id: self.ids.next(at: now), concertID: concert, startsAt: draft.startsAt,
                saleOpensAt: draft.saleOpensAt, saleClosesAt: draft.saleClosesAt, drawSeed: self.ids.seed(),
                createdAt: now)
            let stored = answer(encode(date))
            try await self.store.save(
                date, event: self.event(.dateChanged, of: ID(date.id), by: staff, at: now),
                action: self.action(.dateCreated, on: ID(date.id), by: staff, at: now), answer: stored)
            try await self.doorkeeper.open(date)
            return stored
        }
    }

    /// Changes a date and its waiting room. The closure sees the date as it is.
    ///
    /// The draw's commitment was public from the start, so moving the opening leaves the seed as it is: nobody can say
    /// that staff drew until they liked it. Only a seed that was shown, since the sale has opened, cannot order fans who
    /// may still choose their accounts by it: if the date is to open again there is a new one.
    public func changeDate(
        _ id: DateID, by staff: UserID, _ change: @Sendable @escaping (inout ConcertDate) -> Void
    ) async throws(Fault) -> ConcertDate? {
        try await self.change(id, by: staff, as: .dateChanged, change)
    }

    /// Changes how a date's waiting room lets fans in; whether it is paused stays as it is.
    public func changeQueue(_ id: DateID, to settings: QueueSettings, by staff: UserID) async throws(Fault)
        -> ConcertDate?
    {
        try await change(id, by: staff, as: .queueChanged) { date in
            let isPaused = date.queue.isPaused
            date.queue = settings
            date.queue.isPaused = isPaused
        }
    }

    private func change(
        _ id: DateID, by staff: UserID, as kind: StaffAction.Kind,
        _ change: @Sendable @escaping (inout ConcertDate) -> Void
    ) async throws(Fault) -> ConcertDate? {
        try await inTurn { () async throws(Fault) in
            guard let before = try await self.store.date(id) else { return nil }
            let now = self.clock.now()
            var date = before
            change(&date)
            if before.saleOpensAt <= now, date.saleOpensAt > now { date.drawSeed = self.ids.seed() }
            try await self.store.save(
                date, event: self.event(.dateChanged, of: ID(id), by: staff, at: now),
                action: self.action(kind, on: ID(id), by: staff, detail: date.difference(from: before), at: now),
                answer: nil)
            try await self.doorkeeper.open(date)
            return date
        }
    }

    /// Stops letting fans in, or goes on.
    public func setPaused(
        _ isPaused: Bool, date id: DateID, by staff: UserID, idempotency: Idempotency,
        encode: @Sendable @escaping (ConcertDate) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        try await once(idempotency) { now, answer throws(Fault) in
            guard var date = try await self.store.date(id) else { return nil }
            date.queue.isPaused = isPaused
            let stored = answer(encode(date))
            try await self.store.save(
                date, event: self.event(.dateChanged, of: ID(id), by: staff, at: now),
                action: self.action(isPaused ? .queuePaused : .queueResumed, on: ID(id), by: staff, at: now),
                answer: stored)
            try await self.doorkeeper.open(date)
            return stored
        }
    }

    public func deleteDate(_ id: DateID, by staff: UserID) async throws(Fault) -> CatalogRefusal? {
        try await inTurn { () async throws(Fault) in
            let refusal = try await self.store.delete(
                id, action: self.action(.dateDeleted, on: ID(id), by: staff, at: self.clock.now()))
            if refusal == nil {
                self.engine.forgetMap(of: id)
                try await self.doorkeeper.close(id)
            }
            return refusal
        }
    }

    /// Gives a date its seats.
    ///
    /// - Parameter document: The layout as staff sent it, kept for editing it again.
    public func replaceLayout(of id: DateID, with layout: Layout, document: [UInt8], by staff: UserID)
        async throws(Fault) -> CatalogRefusal?
    {
        try await inTurn { () async throws(Fault) in
            let now = self.clock.now()
            let seats = layout.places().map { place in
                MappedSeat(
                    seat: Seat(id: self.ids.next(at: now), dateID: id, label: place.label, grade: place.grade),
                    place: place)
            }
            let refusal = try await self.store.replaceSeats(
                of: id, grades: layout.grades, seats: seats, layout: document,
                event: self.event(.layoutReplaced, of: ID(id), by: staff, at: now),
                action: self.action(
                    .layoutReplaced, on: ID(id), by: staff, detail: "\(layout.seatCount) seats", at: now))
            if refusal == nil { self.engine.forgetMap(of: id) }
            return refusal
        }
    }

    // MARK: How

    /// Does something once for an idempotency key: copies, also those that run beside it, get the first answer. Work
    /// that finds nothing to do it to returns nil.
    private func once(
        _ idempotency: Idempotency,
        _ work:
            @Sendable @escaping (
                _ now: Timestamp, _ answer: @Sendable (EncodedAnswer) -> StoredAnswer
            ) async throws(Fault) -> StoredAnswer?
    ) async throws(Fault) -> Answer {
        try await inTurn { () async throws(Fault) in
            let now = self.clock.now()
            if let first = try await self.store.answer(idempotency, at: now) { return first }
            let done = try await work(now) { encoded in
                StoredAnswer(
                    scope: idempotency.scope, requestHash: idempotency.requestHash, status: encoded.status,
                    body: encoded.body, createdAt: now)
            }
            guard let done else { return .refused(.notFound) }
            return .done(EncodedAnswer(status: done.status, body: done.body), isReplay: false)
        }
    }

    /// In turn with the batches, so that no hold falls between looking at the seats and replacing them.
    private func inTurn<Result: Sendable>(
        _ work: @Sendable @escaping () async throws(Fault) -> Result
    ) async throws(Fault) -> Result {
        let result = await engine.alone { () async -> Swift.Result<Result, Fault> in
            do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
        }
        guard let result else {
            throw Fault(.unavailable, attempt: "change the catalogue", reason: "the engine is busy")
        }
        return try result.get()
    }

    private func event(_ kind: Event.Kind, of subject: ID<Event.Subject>, by staff: UserID, at now: Timestamp) -> Event
    {
        // Changes of the catalogue are not counted per subject: their order is that of their ids.
        Event(
            id: ids.next(at: now), kind: kind, subjectID: subject, version: 1, dateID: nil, userID: staff,
            amount: .zero, seats: [], at: now)
    }

    private func action(
        _ kind: StaffAction.Kind, on subject: ID<StaffAction.Subject>, by staff: UserID, detail: String? = nil,
        at now: Timestamp
    ) -> StaffAction {
        StaffAction(id: ids.next(at: now), kind: kind, subjectID: subject, staffID: staff, detail: detail, at: now)
    }
}

extension ConcertDate {
    /// What changed, in the words of the API: for the history. Nil when nothing did.
    fileprivate func difference(from before: ConcertDate) -> String? {
        var parts: [String] = []
        func tell(_ name: String, _ was: some CustomStringConvertible, _ now: some CustomStringConvertible) {
            if was.description != now.description { parts.append("\(name) \(was) → \(now)") }
        }
        tell("startsAt", before.startsAt, startsAt)
        tell("saleOpensAt", before.saleOpensAt, saleOpensAt)
        tell("saleClosesAt", before.saleClosesAt, saleClosesAt)
        tell("cancelled", before.isCancelled, isCancelled)
        tell("maxActive", before.queue.activeMax, queue.activeMax)
        tell("admitPerSecond", before.queue.admitPerSecond, queue.admitPerSecond)
        tell("activeSeconds", before.queue.activeSeconds, queue.activeSeconds)
        tell("seatsPerFanMax", before.queue.seatsPerFanMax, queue.seatsPerFanMax)
        if drawSeed != before.drawSeed { parts.append("a new draw seed, since the one before was public") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}

/// What staff say of a concert.
public struct ConcertDraft: Hashable, Sendable {
    public var title: LocalizedText
    public var artist: LocalizedText
    public var venue: LocalizedText
    public var details: LocalizedText
    public var status: Concert.Status

    public init(
        title: LocalizedText, artist: LocalizedText, venue: LocalizedText, details: LocalizedText,
        status: Concert.Status
    ) {
        self.title = title
        self.artist = artist
        self.venue = venue
        self.details = details
        self.status = status
    }

    func concert(id: ConcertID, createdAt: Timestamp) -> Concert {
        Concert(
            id: id, title: title, artist: artist, venue: venue, details: details, status: status, createdAt: createdAt)
    }
}

/// When a date starts and sells: opening before closing.
public struct DateDraft: Hashable, Sendable {
    public var startsAt: Timestamp
    public var saleOpensAt: Timestamp
    public var saleClosesAt: Timestamp

    public init(startsAt: Timestamp, saleOpensAt: Timestamp, saleClosesAt: Timestamp) {
        self.startsAt = startsAt
        self.saleOpensAt = saleOpensAt
        self.saleClosesAt = saleClosesAt
    }
}
