import Domain
import Ports

/// The waiting room of one date: who gathers, waits, is inside, and was passed over. A value without locks or clocks.
///
/// Every call first does what has come due by `now`: stays and patience that have ended, and the draw. So what a call
/// answers never depends on how often the room is looked after.
struct DateRoom {
    let date: DateID
    private(set) var rules: WaitingRoomRules
    private let patience: InProcessWaitingRoom.Patience

    private var fans = FanTable()
    private var line = WaitingLine()
    private var agenda = Agenda()
    private var numbers: QueueNumbers
    private var hasDrawn = false
    /// What the draw came to, here or in the room before a restart. Nil before it.
    private(set) var drawn: DrawResult?
    /// Whether `drawn` is of a room before this one: its fans may still come.
    private var isRecalled = false
    private var gatheringCount = 0
    private var activeCount = 0
    private var calledUpTo: Int64 = 0

    private var bucket = AdmissionBucket()
    private var letIn = SlidingCount()
    private var seatsTaken = SlidingCount()
    /// Nil until the first admission tells.
    private var seatsLeft: Int?
    private var isSoldOut = false

    init(date: DateID, rules: WaitingRoomRules, patience: InProcessWaitingRoom.Patience, firstNumber: Int64) {
        self.date = date
        self.rules = rules
        self.patience = patience
        numbers = QueueNumbers(from: firstNumber)
    }

    /// Once the draw has happened its order stays, wherever the opening is moved to. A new seed is for a new draw: who
    /// has a number keeps it, and who comes now gathers.
    mutating func change(_ rules: WaitingRoomRules) {
        let seedChanged = rules.drawSeed != self.rules.drawSeed
        self.rules = rules
        guard seedChanged else { return }
        hasDrawn = false
        drawn = nil
        isRecalled = false
        for slot in fans.indices where fans[slot].state == .gathering {
            fans[slot].lot = lot(of: fans[slot].id).words.0
        }
    }

    /// Not an error: a result of another seed, or one that comes after this room's own draw. Nothing changes then.
    mutating func recall(_ result: DrawResult) {
        guard result.seed == rules.drawSeed, !hasDrawn, gatheringCount == 0 else { return }
        drawn = result
        hasDrawn = true
        isRecalled = true
    }

    // MARK: - Fans

    /// - Returns: Nil when the sale has closed and the fan is not inside.
    mutating func join(_ fan: UserID, bringing number: Int64?, now: Timestamp) -> QueuePlace? {
        catchUp(to: now)
        guard now < rules.closesAt || isActive(fan, now: now) else { return nil }
        if let slot = fans.slot(of: fan) {
            if fans[slot].state == .passedOver, mayEnterAtOnce(now: now) {
                enter(slot, as: .inside, now: now)
            } else {
                seen(slot, now: now)
            }
            return place(at: slot, now: now)
        }
        let slot = fans.insert(fan)
        if let before = numberFromBefore(of: fan, bringing: number) {
            fans[slot].number = before
        } else if hasDrawn {
            fans[slot].number = numbers.give()
        } else {
            gather(slot)
            return place(at: slot, now: now)
        }
        if mayEnterAtOnce(now: now) {
            enter(slot, as: .inside, now: now)
        } else {
            wait(slot, now: now)
        }
        return place(at: slot, now: now)
    }

    mutating func place(of fan: UserID, bringing number: Int64?, now: Timestamp) -> QueuePlace? {
        catchUp(to: now)
        if let slot = fans.slot(of: fan) {
            seen(slot, now: now)
            return place(at: slot, now: now)
        }
        // Only who brings a token has a place to be told; an account without one joins.
        guard let number, let before = numberFromBefore(of: fan, bringing: number) else { return nil }
        let slot = fans.insert(fan)
        fans[slot].number = before
        wait(slot, now: now)
        return place(at: slot, now: now)
    }

    /// The number that a fan had before a restart: the one of the token, or the one that the draw gave. A token from
    /// before the draw does not say it, and a place belongs to the account, so no token is needed for that.
    private mutating func numberFromBefore(of fan: UserID, bringing number: Int64?) -> Int64? {
        if let number, numbers.restore(number) { return number }
        guard isRecalled, let drawn, let number = drawn.number(of: lot(of: fan)), numbers.restore(number) else {
            return nil
        }
        return number
    }

    /// Who asks for seats is there: the question counts as an answer to the call.
    mutating func isActive(_ fan: UserID, now: Timestamp) -> Bool {
        catchUp(to: now)
        guard let slot = fans.slot(of: fan) else { return false }
        guard fans[slot].state == .called || fans[slot].state == .inside else { return false }
        seen(slot, now: now)
        return true
    }

    mutating func leave(_ fan: UserID, now: Timestamp) {
        catchUp(to: now)
        guard let slot = fans.slot(of: fan) else { return }
        forget(slot)
    }

    // MARK: - Admission

    /// - Returns: How many were let in.
    mutating func admit(seatsLeft left: Int, isSoldOut: Bool, now: Timestamp) -> Int {
        catchUp(to: now)
        self.isSoldOut = isSoldOut
        if let before = seatsLeft, before > left { seatsTaken.add(before - left, now: now) }
        seatsLeft = left
        var count = 0
        while let slot = line.next, mayAdmit(now: now) {
            line.remove(fans[slot].number)
            enter(slot, as: .called, now: now)
            count += 1
        }
        return count
    }

    private mutating func mayEnterAtOnce(now: Timestamp) -> Bool {
        line.count == 0 && mayAdmit(now: now)
    }

    /// Whether the rules let one more in: the sale, staff's hand, the seats, the room inside, and the rate.
    ///
    /// When few seats are left, no more come in than there is use for. Fans let in over the last ten seconds, less
    /// the seats taken in that time, are taken to be choosing still; there are never more of them than seats. Counting
    /// all who are inside instead would stop a sale short: most of them have their seats, and stay to pay.
    private mutating func mayAdmit(now: Timestamp) -> Bool {
        guard rules.opensAt <= now, now < rules.closesAt, !rules.settings.isPaused,
            activeCount < rules.settings.activeMax
        else { return false }
        if let seatsLeft {
            letIn.advance(to: now)
            seatsTaken.advance(to: now)
            guard max(0, letIn.total - seatsTaken.total) < seatsLeft else { return false }
        }
        bucket.fill(perSecond: rules.settings.admitPerSecond, now: now)
        return !bucket.isEmpty
    }

    // MARK: - What comes due

    private mutating func catchUp(to now: Timestamp) {
        while let due = agenda.takeDue(at: now) {
            // An entry that was overtaken by an earlier one: the slot has been looked at.
            guard fans[due.slot].lookAt == due.at else { continue }
            fans[due.slot].lookAt = .never
            if fans[due.slot].endsAt <= now {
                lapse(due.slot, now: now)
            } else {
                schedule(due.slot)
            }
        }
        if !hasDrawn, rules.opensAt <= now { draw(now: now) }
    }

    /// The present state of the fan ends without a sign from the fan.
    private mutating func lapse(_ slot: UInt32, now: Timestamp) {
        switch fans[slot].state {
        case .absent, .gathering:
            break
        case .waiting:
            line.remove(fans[slot].number)
            passOver(slot, now: now)
        case .called:
            activeCount -= 1
            passOver(slot, now: now)
        case .inside, .passedOver:
            forget(slot)
        }
    }

    /// Gives those who gathered their numbers, by lot.
    private mutating func draw(now: Timestamp) {
        hasDrawn = true
        var lots: [(slot: UInt32, lot: UInt64)] = []
        lots.reserveCapacity(gatheringCount)
        for slot in fans.indices where fans[slot].state == .gathering { lots.append((slot, fans[slot].lot)) }
        lots.sort { left, right in
            // Two fans in a million share 64 bits once in 37 million draws; the rest of the lot decides then.
            left.lot != right.lot
                ? left.lot < right.lot : lot(of: fans[left.slot].id) < lot(of: fans[right.slot].id)
        }
        drawn = DrawResult(seed: rules.drawSeed, firstNumber: numbers.next, lots: lots.map(\.lot))
        for (slot, _) in lots {
            fans[slot].number = numbers.give()
            wait(slot, now: now)
        }
        gatheringCount = 0
    }

    private func lot(of fan: UserID) -> Digest {
        Draw.lot(of: fan, seed: rules.drawSeed, date: date, hash: sha256)
    }

    // MARK: - Steps from state to state

    private mutating func gather(_ slot: UInt32) {
        fans[slot].state = .gathering
        fans[slot].lot = lot(of: fans[slot].id).words.0
        gatheringCount += 1
    }

    private mutating func wait(_ slot: UInt32, now: Timestamp) {
        line.insert(fans[slot].number, slot: slot)
        fans[slot].state = .waiting
        fans[slot].endsAt = now.adding(seconds: patience.keepSeconds)
        schedule(slot)
    }

    /// Lets a fan in whom `mayAdmit` allows. `called` has still to answer; `inside` has asked just now.
    private mutating func enter(_ slot: UInt32, as state: QueuedFan.State, now: Timestamp) {
        bucket.take()
        letIn.add(1, now: now)
        activeCount += 1
        calledUpTo = max(calledUpTo, fans[slot].number)
        let stayEndsAt = now.adding(seconds: rules.settings.activeSeconds)
        fans[slot].state = state
        fans[slot].stayEndsAt = stayEndsAt
        fans[slot].endsAt =
            state == .called ? min(now.adding(seconds: patience.answerSeconds), stayEndsAt) : stayEndsAt
        schedule(slot)
    }

    /// The fan has given a sign.
    private mutating func seen(_ slot: UInt32, now: Timestamp) {
        switch fans[slot].state {
        case .waiting:
            fans[slot].endsAt = max(fans[slot].endsAt, now.adding(seconds: patience.keepSeconds))
        case .called:
            fans[slot].state = .inside
            fans[slot].endsAt = fans[slot].stayEndsAt
        case .passedOver:
            wait(slot, now: now)
        case .absent, .gathering, .inside:
            break
        }
    }

    private mutating func passOver(_ slot: UInt32, now: Timestamp) {
        fans[slot].state = .passedOver
        fans[slot].endsAt = now.adding(seconds: patience.rememberSeconds)
        schedule(slot)
    }

    private mutating func forget(_ slot: UInt32) {
        switch fans[slot].state {
        case .gathering: gatheringCount -= 1
        case .waiting: line.remove(fans[slot].number)
        case .called, .inside: activeCount -= 1
        case .passedOver, .absent: break
        }
        fans.remove(slot)
    }

    /// Sees to it that the agenda looks at the slot when its state ends, or before.
    private mutating func schedule(_ slot: UInt32) {
        let moment = fans[slot].endsAt
        guard moment < fans[slot].lookAt else { return }
        fans[slot].lookAt = moment
        agenda.look(at: slot, when: moment)
    }
}

// MARK: - What a fan is told

extension DateRoom {
    mutating func figures(now: Timestamp) -> QueueFigures {
        catchUp(to: now)
        letIn.advance(to: now)
        return QueueFigures(
            waiting: gatheringCount + line.count, active: activeCount, calledUpTo: calledUpTo,
            admittedPerSecond: Double(letIn.total) * 1000 / Double(SlidingCount.windowMs),
            isPaused: rules.settings.isPaused, isSoldOut: isSoldOut, hasDrawn: hasDrawn)
    }

    private mutating func place(at slot: UInt32, now: Timestamp) -> QueuePlace {
        let fan = fans[slot]
        let untilOpeningMs = rules.opensAt.milliseconds(since: now)
        switch fan.state {
        case .gathering:
            return QueuePlace(
                status: .waiting, number: 0, ahead: nil, estimatedWaitSeconds: nil,
                pollAfterMs: PollAdvice.gatheringMs(
                    untilOpeningMs: untilOpeningMs, fans: gatheringCount + line.count, fan: fan.id),
                expiresAt: rules.opensAt.adding(seconds: patience.keepSeconds), isSoldOut: isSoldOut)
        case .called, .inside:
            return QueuePlace(
                status: .active, number: fan.number, ahead: 0, estimatedWaitSeconds: 0,
                pollAfterMs: PollAdvice.insideMs, expiresAt: fan.stayEndsAt, isSoldOut: isSoldOut)
        case .waiting:
            let ahead = line.count(before: fan.number)
            let waitSeconds = Double(ahead + 1) / admissionsPerSecond(now: now)
            let isKnown = !rules.settings.isPaused && seatsLeft != 0 && now < rules.closesAt
            let estimate = waitSeconds + Double(max(0, untilOpeningMs)) / 1000
            return QueuePlace(
                status: .waiting, number: fan.number, ahead: ahead,
                estimatedWaitSeconds: isKnown ? Int(estimate.rounded(.up)) : nil,
                pollAfterMs: untilOpeningMs > 0
                    ? PollAdvice.gatheringMs(
                        untilOpeningMs: untilOpeningMs, fans: gatheringCount + line.count, fan: fan.id)
                    : PollAdvice.waitingMs(waitSeconds: waitSeconds),
                expiresAt: fan.endsAt, isSoldOut: isSoldOut)
        case .absent, .passedOver:
            preconditionFailure("a fan without a place was asked for it")
        }
    }

    /// The rate of the last ten seconds, else the rate that the rules allow: that of the door, or, when the room is
    /// full, that of stays which last as long as they may.
    private mutating func admissionsPerSecond(now: Timestamp) -> Double {
        let settings = rules.settings
        letIn.advance(to: now)
        if let observed = letIn.perSecond(now: now) { return min(observed, Double(settings.admitPerSecond)) }
        guard activeCount >= settings.activeMax else { return Double(settings.admitPerSecond) }
        return min(Double(settings.activeMax) / Double(settings.activeSeconds), Double(settings.admitPerSecond))
    }
}
