import Domain
import Ports

/// A waiting room so simple that it can be seen to be right: every answer by going through all fans.
///
/// It knows nothing of the rule for few seats, so compare it only where many are left.
struct NaiveRoom {
    enum State {
        case gathering, waiting, called, inside, passedOver
    }

    struct Fan {
        var state: State
        var number: Int64
        var endsAt: Timestamp?
        var stayEndsAt: Timestamp?
    }

    let date: DateID
    var rules: WaitingRoomRules
    private(set) var fans: [UserID: Fan] = [:]
    private var used: Set<Int64> = []
    private var next: Int64
    private var hasDrawn = false
    private var seatsLeft = Int.max
    private var isSoldOut = false
    private var calledUpTo: Int64 = 0
    /// Thousandths of an admission in the bucket, and when it was filled. Nil before the first admission: full.
    private var bucket: (thousandths: Int64, at: Timestamp)?

    init(date: DateID, rules: WaitingRoomRules, firstNumber: Int64) {
        self.date = date
        self.rules = rules
        next = firstNumber
    }

    mutating func join(_ fan: UserID, bringing number: Int64?, now: Timestamp) -> QueuePlace? {
        catchUp(now)
        guard now < rules.closesAt || isActive(fan, now: now) else { return nil }
        if let known = fans[fan] {
            if known.state == .passedOver, count(.waiting) == 0, mayAdmit(now) {
                letIn(fan, .inside, now)
            } else {
                seen(fan, now)
            }
        } else if let number, number > 0, !used.contains(number) {
            restore(fan, number, now)
            if count(.waiting) == 1, mayAdmit(now) { letIn(fan, .inside, now) }
        } else if !hasDrawn {
            fans[fan] = Fan(state: .gathering, number: 0)
        } else {
            fans[fan] = Fan(state: .waiting, number: give(), endsAt: now.adding(seconds: 1800))
            if count(.waiting) == 1, mayAdmit(now) { letIn(fan, .inside, now) }
        }
        return place(fan)
    }

    mutating func poll(_ fan: UserID, bringing number: Int64?, now: Timestamp) -> QueuePlace? {
        catchUp(now)
        if fans[fan] != nil {
            seen(fan, now)
        } else if let number, number > 0, !used.contains(number) {
            restore(fan, number, now)
        }
        return place(fan)
    }

    mutating func isActive(_ fan: UserID, now: Timestamp) -> Bool {
        catchUp(now)
        guard let state = fans[fan]?.state, state == .called || state == .inside else { return false }
        seen(fan, now)
        return true
    }

    mutating func leave(_ fan: UserID, now: Timestamp) {
        catchUp(now)
        fans[fan] = nil
    }

    mutating func admit(seatsLeft: Int, isSoldOut: Bool, now: Timestamp) -> Int {
        catchUp(now)
        self.seatsLeft = seatsLeft
        self.isSoldOut = isSoldOut
        let inOrder = fans.filter { $0.value.state == .waiting }.sorted { $0.value.number < $1.value.number }
        var admitted = 0
        for (fan, _) in inOrder {
            guard mayAdmit(now) else { break }
            letIn(fan, .called, now)
            admitted += 1
        }
        return admitted
    }

    mutating func counts(now: Timestamp) -> (waiting: Int, active: Int, calledUpTo: Int64) {
        catchUp(now)
        return (count(.waiting) + count(.gathering), active, calledUpTo)
    }

    // MARK: - Steps

    private mutating func catchUp(_ now: Timestamp) {
        for (id, fan) in fans {
            guard let endsAt = fan.endsAt, endsAt <= now else { continue }
            switch fan.state {
            case .gathering: break
            case .waiting, .called:
                fans[id]?.state = .passedOver
                fans[id]?.endsAt = now.adding(seconds: 6 * 3600)
            case .inside, .passedOver: fans[id] = nil
            }
        }
        guard !hasDrawn, rules.opensAt <= now else { return }
        hasDrawn = true
        let gathered = fans.filter { $0.value.state == .gathering }.map(\.key)
        for fan in Draw.order(fans: gathered, seed: rules.drawSeed, date: date, hash: sha256) {
            fans[fan] = Fan(state: .waiting, number: give(), endsAt: now.adding(seconds: 1800))
        }
    }

    private mutating func seen(_ id: UserID, _ now: Timestamp) {
        guard let fan = fans[id] else { return }
        switch fan.state {
        case .gathering, .inside: break
        case .waiting: fans[id]?.endsAt = now.adding(seconds: 1800)
        case .called:
            fans[id]?.state = .inside
            fans[id]?.endsAt = fan.stayEndsAt
        case .passedOver: fans[id] = Fan(state: .waiting, number: fan.number, endsAt: now.adding(seconds: 1800))
        }
    }

    private mutating func letIn(_ id: UserID, _ state: State, _ now: Timestamp) {
        guard let fan = fans[id], let filled = bucket else { return }
        bucket = (filled.thousandths - 1000, filled.at)
        calledUpTo = max(calledUpTo, fan.number)
        let stayEndsAt = now.adding(seconds: rules.settings.activeSeconds)
        fans[id] = Fan(
            state: state, number: fan.number,
            endsAt: state == .called ? min(now.adding(seconds: 30), stayEndsAt) : stayEndsAt, stayEndsAt: stayEndsAt)
    }

    private mutating func mayAdmit(_ now: Timestamp) -> Bool {
        let settings = rules.settings
        guard rules.opensAt <= now, now < rules.closesAt, !settings.isPaused, seatsLeft > 0,
            active < settings.activeMax
        else { return false }
        let most = Int64(settings.admitPerSecond) * 1000
        if let filled = bucket {
            let flow = now.milliseconds(since: filled.at) * Int64(settings.admitPerSecond)
            bucket = (min(most, min(filled.thousandths, most) + flow), now)
        } else {
            bucket = (most, now)
        }
        return (bucket?.thousandths ?? 0) >= 1000
    }

    private mutating func give() -> Int64 {
        defer { next += 1 }
        used.insert(next)
        return next
    }

    private mutating func restore(_ fan: UserID, _ number: Int64, _ now: Timestamp) {
        used.insert(number)
        next = max(next, number + 1)
        fans[fan] = Fan(state: .waiting, number: number, endsAt: now.adding(seconds: 1800))
    }

    private func count(_ state: State) -> Int { fans.values.count { $0.state == state } }

    private var active: Int { count(.called) + count(.inside) }

    /// Estimates and advice are left out: they are no part of the comparison.
    private func place(_ id: UserID) -> QueuePlace? {
        guard let fan = fans[id] else { return nil }
        let isActive = fan.state == .called || fan.state == .inside
        let before = fans.values.count { $0.state == .waiting && $0.number < fan.number }
        return QueuePlace(
            status: isActive ? .active : .waiting, number: fan.number,
            ahead: fan.state == .gathering ? nil : isActive ? 0 : before, estimatedWaitSeconds: nil, pollAfterMs: 0,
            expiresAt: fan.stayEndsAt ?? fan.endsAt ?? rules.opensAt.adding(seconds: 1800), isSoldOut: isSoldOut)
    }
}
