import Domain
import Ports
import Testing

@Suite("Every waiting room, against a naive model")
struct WaitingRoomModelTests {
    @Test(
        "Places, ranks, numbers and deadlines are exact under random joins, leaves, polls, passes and admissions",
        arguments: WaitingRoomDriver.all, 1...40 as ClosedRange<UInt64>)
    func exact(driver: WaitingRoomDriver, seed: UInt64) async throws {
        var play = try await Play(driver, seed: seed)
        for step in 0..<2_500 {
            if let difference = try await play.step() {
                Issue.record("seed \(seed), step \(step): \(difference)")
                return
            }
        }
        #expect(play.admitted > 50, "seed \(seed) hardly let anyone in, so it shows little")
    }
}

/// One random history, played to the room and to the model.
private struct Play {
    private var world: RoomWorld
    private var model: NaiveRoom
    private var random: SplitMix
    private var crowd: [UserID]
    /// What each fan's last token says. Zero from before the draw, and sometimes a number that is used up.
    private var tokens: [UserID: Int64] = [:]
    private(set) var admitted = 0

    init(_ driver: WaitingRoomDriver, seed: UInt64) async throws {
        random = SplitMix(seed: seed)
        let firstNumber: Int64 = random.chance(oneIn: 2) ? 1 : 5_000
        world = try await RoomWorld(
            driver, activeMax: .random(in: 1...60, using: &random), admitPerSecond: .random(in: 1...30, using: &random),
            activeSeconds: .random(in: 30...120, using: &random),
            opensInSeconds: .random(in: -10...60, using: &random), firstNumber: firstNumber, seed: seed)
        crowd = world.fans(300)
        // Some come from before a restart.
        for (index, fan) in crowd.enumerated().prefix(40) { tokens[fan] = Int64(5_000 - index * 100) }
        model = NaiveRoom(date: world.date, rules: world.rules, firstNumber: firstNumber)
    }

    /// - Returns: How room and model differ, if they do.
    mutating func step() async throws -> String? {
        passTime()
        let fan = crowd[.random(in: 0..<crowd.count, using: &random)]
        let now = world.now
        switch Int.random(in: 0..<100, using: &random) {
        case ..<35:
            let brought = tokens[fan]
            let real = try await world.room.join(world.date, fan: fan, bringing: brought, now: now)
            return compare(real, model.join(fan, bringing: brought, now: now), of: fan, after: "join")
        case ..<70:
            let brought = tokens[fan]
            let real = try await world.poll(fan, bringing: brought)
            return compare(real, model.poll(fan, bringing: brought, now: now), of: fan, after: "poll")
        case ..<76:
            try await world.leave(fan)
            model.leave(fan, now: now)
            return nil
        case ..<82:
            let real = try await world.isActive(fan)
            return real == model.isActive(fan, now: now) ? nil : "isActive is \(real)"
        case ..<96:
            let seatsLeft = random.chance(oneIn: 10) ? 0 : 100_000
            let isSoldOut = seatsLeft == 0 && random.chance(oneIn: 2)
            let real = try await world.admit(seatsLeft: seatsLeft, isSoldOut: isSoldOut)
            admitted += real
            let expected = model.admit(seatsLeft: seatsLeft, isSoldOut: isSoldOut, now: now)
            return real == expected ? nil : "admitted \(real) instead of \(expected)"
        case ..<98:
            let real = try await world.figures()
            let expected = model.counts(now: now)
            return (real.waiting, real.active, real.calledUpTo) == expected ? nil : "\(real) instead of \(expected)"
        default:
            try await changeRules()
            return nil
        }
    }

    private mutating func passTime() {
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0: world.pass(seconds: 7 * 3600)
        case 1: world.pass(seconds: 31 * 60)
        case ..<20: world.pass(seconds: 31)
        case ..<500: world.now = world.now.adding(milliseconds: .random(in: 1...1_000, using: &random))
        default: break
        }
    }

    private mutating func changeRules() async throws {
        world.rules.settings.activeMax = .random(in: 1...60, using: &random)
        world.rules.settings.admitPerSecond = .random(in: 1...30, using: &random)
        world.rules.settings.activeSeconds = .random(in: 30...120, using: &random)
        world.rules.settings.isPaused = random.chance(oneIn: 4)
        model.rules = world.rules
        let isChanged = try await world.room.change(world.date, rules: world.rules)
        #expect(isChanged)
    }

    private mutating func compare(
        _ real: QueuePlace?, _ expected: QueuePlace?, of fan: UserID, after call: String
    ) -> String? {
        if let real { tokens[fan] = real.number }
        guard var comparable = real else {
            return expected == nil ? nil : "\(call): no place instead of \(expected as Any)"
        }
        comparable.estimatedWaitSeconds = nil
        comparable.pollAfterMs = 0
        return comparable == expected ? nil : "\(call): \(comparable) instead of \(expected as Any)"
    }
}
