internal import Domain
internal import Logging
internal import Ports

/// Opening a room, and putting a lost one together again from what the store remembers.
extension RoomCalls {
    /// A rebuild that takes longer without a step was left by a process that ended. Between two steps a store that is slow
    /// is asked for a block of numbers, a draw or a page of joins.
    private static let reservationMs = 15_000
    private static let rowMax = 1_000
    private static let waitMax = Duration.seconds(30)
    private static let waitStep = Duration.milliseconds(20)
    private static let lotsAttemptCountMax = 20

    /// Changes the rules of a room that is whole. If there is none, whoever asked has the first word in making it:
    /// others who ask wait until it is made.
    func change(_ date: DateID, rules: WaitingRoomRules) async throws(Fault) -> Bool {
        try await untilMade { () async throws(Fault) -> Bool? in
            if try await changeWhole(date, rules: rules) { return true }
            guard book.reserve(date) else { return nil }
            do throws(Fault) {
                guard let owner = try await begin(date) else {
                    book.endMaking(date)
                    return nil
                }
                book.reserve(date, for: owner)
                return false
            } catch {
                book.endMaking(date)
                throw error
            }
        }
    }

    /// Makes the room with these numbers: once, where they were claimed after ``change(_:rules:)`` had said that there is
    /// none. A room of another process may have lived and been lost since, and what that gave last the store may learn
    /// later: the same numbers again. That cannot be when Redis had reserved the rebuild before the numbers were
    /// claimed, and still has at the end.
    ///
    /// - Throws: `unavailable` when the room was lost again, or made by another, meanwhile: the next attempt wants new
    ///   numbers.
    func open(_ date: DateID, rules: WaitingRoomRules, firstNumber: Int64) async throws(Fault) {
        // Where the room is there already, nobody opens it for the reservation that `change` made.
        defer { book.endReservation(date) }
        var wasReserved = false
        _ = try await untilMade { () async throws(Fault) -> Bool? in
            if try await changeWhole(date, rules: rules) { return true }
            guard !wasReserved else {
                throw Fault(
                    .unavailable, attempt: "open a waiting room",
                    reason: "Redis has lost it again, or it took too long and another may make it")
            }
            let owner: [UInt8]
            switch book.beginOpening(date) {
            case .anothers: return nil
            case .nobodys:
                throw Fault(
                    .unavailable, attempt: "open a waiting room",
                    reason: "it was reserved for nobody, or for another since the numbers were claimed")
            case .mine(let reserved): owner = reserved
            }
            defer { book.endMaking(date) }
            wasReserved = true
            // What was asked of the store since it was reserved took its time.
            let renewal: [RedisCommand.Word] = [.bytes(owner), .integer(Self.reservationMs)]
            guard try await step(RoomScripts.renewRebuild, date, renewal) else {
                throw Fault(
                    .unavailable, attempt: "open a waiting room",
                    reason: "the time that it was reserved for is over, or Redis has lost it again")
            }
            try await rebuild(date, owner, rules: rules, firstNumber: firstNumber)
            // The next attempt changes the rules: a room that was not lost altogether has kept those that it had.
            return nil
        }
    }

    /// Tries until there is an answer, since another may be making the room.
    private func untilMade(_ attempt: () async throws(Fault) -> Bool?) async throws(Fault) -> Bool {
        let start = ContinuousClock.now
        repeat {
            if let answer = try await attempt() { return answer }
            try? await Task.sleep(for: Self.waitStep)
        } while ContinuousClock.now - start < Self.waitMax
        throw Fault(.unavailable, attempt: "open a waiting room", reason: "another process is rebuilding it")
    }

    func close(_ date: DateID) async throws(Fault) {
        book.forget(date)
        let keys = book.keys(of: date)
        _ = try await servers.run(RoomScripts.close, keys: keys.all, arguments: [], tag: keys.tag)
        try await joins.forgetJoins(of: date)
    }

    // MARK: - Steps

    /// - Returns: False when the room is not there, or not whole.
    private func changeWhole(_ date: DateID, rules: WaitingRoomRules) async throws(Fault) -> Bool {
        let keys = book.keys(of: date)
        var (lots, attempts) = ([] as [UInt8], 0)
        while attempts < Self.lotsAttemptCountMax {
            let arguments = [.home, time(nil)] + rules.words + [.bytes(lots)]
            let reply = try await servers.run(
                RoomScripts.change, keys: keys.all, arguments: arguments, tag: keys.tag)
            switch reply.array?.first?.text {
            case "OK":
                book.note(date, seed: rules.drawSeed)
                return true
            // It ends: each call moves some of those who were drawn.
            case "MOVING": continue
            case "DRAWN":
                attempts += 1
                guard let draw = PendingDraw(reply.array ?? []) else { throw RoomReply.malformed(reply) }
                try await keep(draw, of: date)
            case "LOTS":
                attempts += 1
                let members = reply.array?.dropFirst().first?.array ?? []
                lots = members.reduce(into: []) { lots, member in
                    guard let id = member.bytes?.suffix(16), let fan = Array(id).withUnsafeBytes({ UserID(bytes: $0) })
                    else { return }
                    lots.append(Self.lot(of: fan, seed: rules.drawSeed, date: date))
                    lots.append(fan)
                }
            case "NONE", "CLOSED", "STRANGE": return false
            default: throw RoomReply.malformed(reply)
            }
        }
        throw Fault(.unavailable, attempt: "change the seed of a draw", reason: "fans kept coming and going")
    }

    /// Reserves the rebuild for this process. An attempt of this process from before can do nothing from then on.
    ///
    /// - Returns: The attempt's owner. Nil when the room is whole, or another process rebuilds it.
    private func begin(_ date: DateID) async throws(Fault) -> [UInt8]? {
        let owner = process + (0..<8).map { _ in UInt8.random(in: .min ... .max) }
        let keys = book.keys(of: date)
        let reply = try await servers.run(
            RoomScripts.beginRebuild, keys: keys.all,
            arguments: [.home, .bytes(owner), .integer(Self.reservationMs)], tag: keys.tag)
        switch reply.array?.first?.text {
        case "WHOLE", "BUSY": return nil
        case "MINE": return owner
        default: throw RoomReply.malformed(reply)
        }
    }

    /// It ends early when it became another's meanwhile, or when Redis has lost it again.
    private func rebuild(
        _ date: DateID, _ owner: [UInt8], rules: WaitingRoomRules, firstNumber: Int64
    ) async throws(Fault) {
        let calledUpTo = try await joins.calledUpTo(of: date)
        let kept = try await joins.keptDraw(of: date)
        let draw = kept.flatMap { $0.seed == rules.drawSeed ? $0 : nil }
        var (last, highest, count) = (nil as QueueJoin?, 0 as Int64, 0)
        while true {
            let page = try await joins.joins(of: date, after: last, limit: Self.rowMax)
            guard let end = page.last else { break }
            var rows: [UInt8] = []
            rows.reserveCapacity(page.count * 56)
            for join in page {
                let lot =
                    join.number == 0
                    ? Self.lot(of: join.fan, seed: rules.drawSeed, date: date) : Digest(0, 0, 0, 0)
                rows.append(join.fan)
                // Who was drawn and not told yet gets what was drawn.
                rows.append(join.number == 0 ? -(draw?.number(of: lot) ?? 0) : join.number)
                rows.append(lot)
                highest = max(highest, join.number)
            }
            let isAdded = try await step(
                RoomScripts.addToRebuild, date,
                [.bytes(owner), .integer(Self.reservationMs), .integer(calledUpTo), .bytes(rows)])
            guard isAdded else { return }
            count += page.count
            last = end
        }
        let afterDraw = draw.map { $0.firstNumber + Int64($0.lots.count) } ?? 1
        let first = max(firstNumber, highest + 1, calledUpTo + 1, afterDraw)
        let isRemembered = count > 0 || calledUpTo > 0
        let isWhole = try await step(
            RoomScripts.finishRebuild, date,
            [.bytes(owner), .home] + rules.words + [
                .integer(first), .integer(calledUpTo), .text(isRemembered ? "1" : "0"), .bytes(draw?.seed ?? []),
            ])
        guard isWhole else { return }
        book.note(date, seed: rules.drawSeed)
        if count > 0 {
            logger.notice(
                "a waiting room was rebuilt from the store", metadata: ["date": "\(date)", "fans": "\(count)"])
        }
    }

    private func step(
        _ script: RedisScript, _ date: DateID, _ arguments: [RedisCommand.Word]
    ) async throws(Fault) -> Bool {
        let keys = book.keys(of: date)
        return try await servers.run(script, keys: keys.all, arguments: arguments, tag: keys.tag)
            .array?.first?.text == "OK"
    }
}

extension WaitingRoomRules {
    fileprivate var words: [RedisCommand.Word] {
        [
            .integer(opensAt.milliseconds), .integer(closesAt.milliseconds), .integer(settings.activeMax),
            .integer(settings.admitPerSecond), .integer(settings.activeSeconds * 1_000),
            .text(settings.isPaused ? "1" : "0"), .bytes(drawSeed),
        ]
    }
}
