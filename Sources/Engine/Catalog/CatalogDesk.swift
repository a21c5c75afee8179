public import Domain
public import Ports

/// Where staff change concerts, dates and layouts. Each change is a transaction with its event and the word of who did
/// it; maps and waiting rooms follow it before the answer, or within seconds where they cannot be told.
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
            try await self.store.add(
                concert, event: self.event(.concertChanged, of: ID(concert.id), by: staff, at: now),
                action: self.action(.concertCreated, on: ID(concert.id), by: staff, at: now), answer: stored)
            return stored
        }
    }

    public func changeConcert(_ id: ConcertID, to draft: ConcertDraft, by staff: UserID) async throws(Fault) -> Concert?
    {
        let changed = try await store.change(id) { concert in
            let changed = draft.concert(id: id, createdAt: concert.createdAt)
            let now = self.clock.now()
            return CatalogChange(
                changed, event: self.event(.concertChanged, of: ID(id), by: staff, at: now),
                action: self.action(
                    .concertChanged, on: ID(id), by: staff,
                    detail: concert.status != changed.status ? changed.status.rawValue : nil, at: now))
        }
        guard let changed else { return nil }
        // Whether fans see its dates, and may wait for them, follows the concert. Where nothing changed this may be the
        // second try of a change that nobody was told of.
        let dates = try await store.dates(of: id)
        let isMoved = changed.before.status != changed.after.status
        for date in dates { if isMoved { engine.forgetMap(of: date.id) } else { engine.doubtMap(of: date.id) } }
        for date in dates { await doorkeeper.follow(date.id) }
        return changed.after
    }

    public func deleteConcert(_ id: ConcertID, by staff: UserID) async throws(Fault) -> CatalogRefusal? {
        let dates = try await store.dates(of: id)
        let refusal = try await store.delete(
            id, action: action(.concertDeleted, on: ID(id), by: staff, at: clock.now()))
        if refusal == nil {
            for date in dates { engine.forgetMap(of: date.id) }
            for date in dates { await doorkeeper.follow(date.id) }
        }
        return refusal
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
            try await self.store.add(
                date, event: self.event(.dateChanged, of: ID(date.id), by: staff, at: now),
                action: self.action(.dateCreated, on: ID(date.id), by: staff, at: now), answer: stored)
            await self.doorkeeper.follow(date.id)
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
        let changed = try await store.change(id) { before in
            let now = self.clock.now()
            var date = before
            change(&date)
            if before.saleOpensAt <= now, date.saleOpensAt > now { date.drawSeed = self.ids.seed() }
            return CatalogChange(
                date, event: self.event(.dateChanged, of: ID(id), by: staff, at: now),
                action: self.action(kind, on: ID(id), by: staff, detail: date.difference(from: before), at: now))
        }
        if changed != nil { await doorkeeper.follow(id) }
        return changed?.after
    }

    /// Stops letting fans in, or goes on.
    public func setPaused(
        _ isPaused: Bool, date id: DateID, by staff: UserID, idempotency: Idempotency,
        encode: @Sendable @escaping (ConcertDate) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        let answer = try await once(idempotency) { now, answer throws(Fault) in
            let changed = try await self.store.change(id) { before in
                var date = before
                date.queue.isPaused = isPaused
                return CatalogChange(
                    date, event: self.event(.dateChanged, of: ID(id), by: staff, at: now),
                    action: self.action(isPaused ? .queuePaused : .queueResumed, on: ID(id), by: staff, at: now),
                    answer: answer(encode(date)))
            }
            return changed.map { answer(encode($0.after)) }
        }
        // Also behind a copy's answer: the one before may not have come so far.
        await doorkeeper.follow(id)
        return answer
    }

    public func deleteDate(_ id: DateID, by staff: UserID) async throws(Fault) -> CatalogRefusal? {
        let refusal = try await store.delete(id, action: action(.dateDeleted, on: ID(id), by: staff, at: clock.now()))
        // Also when it was gone already: the try before may not have come so far.
        if refusal != .hasReservations {
            engine.forgetMap(of: id)
            await doorkeeper.follow(id)
        }
        return refusal
    }

    /// Gives a date its seats.
    ///
    /// - Parameter document: The layout as staff sent it, kept for editing it again.
    public func replaceLayout(of id: DateID, with layout: Layout, document: [UInt8], by staff: UserID)
        async throws(Fault) -> CatalogRefusal?
    {
        let now = clock.now()
        let blocked = layout.blockedOrdinals()
        let seats = layout.places().enumerated().map { ordinal, place in
            MappedSeat(
                seat: Seat(
                    id: ids.next(at: now), dateID: id, label: place.label, grade: place.grade,
                    state: blocked.contains(ordinal) ? .blocked : .available), place: place)
        }
        let refusal = try await store.replaceSeats(
            of: id, grades: layout.grades, seats: seats, layout: document,
            event: event(.layoutReplaced, of: ID(id), by: staff, at: now),
            action: action(.layoutReplaced, on: ID(id), by: staff, detail: "\(layout.seatCount) seats", at: now))
        if refusal == nil { engine.forgetMap(of: id) }
        return refusal
    }

    // MARK: How

    private func once(
        _ idempotency: Idempotency,
        _ work: (_ now: Timestamp, _ answer: @Sendable @escaping (EncodedAnswer) -> StoredAnswer) async throws(Fault)
            -> StoredAnswer?
    ) async throws(Fault) -> Answer {
        try await store.once(idempotency, clock: clock, work)
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
