import CoordinationInProcess
import Domain
import Logging
import Ports
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite("The relay brings every event, at least once and in order")
struct OutboxRelayTests {
    @Test("What the log has is marked, and nothing is brought twice when nothing goes wrong")
    func plain() async throws {
        let world = RelayWorld(eventCount: 7)
        try await world.relay.relay()
        try await world.relay.relay()
        #expect(world.log.appended == [world.events])
        #expect(world.outbox.waiting.isEmpty)
    }

    @Test("More than a batch is brought in batches, in order")
    func batches() async throws {
        let world = RelayWorld(eventCount: 10_003)
        try await world.relay.relay()
        #expect(world.log.appended.map(\.count) == [10_000, 3])
        #expect(world.log.appended.flatMap(\.self) == world.events)
        #expect(world.outbox.waiting.isEmpty)
    }

    @Test("Nothing is marked as delivered before the log has said that it is safe")
    func markedAfter() async throws {
        let gate = Gate()
        let world = RelayWorld(eventCount: 3, gate: gate)
        async let relayed: Void = world.relay.relay()
        #expect(await eventually { world.log.isAsked })
        #expect(world.outbox.waiting == world.events)
        gate.open()
        try await relayed
        #expect(world.outbox.waiting.isEmpty)
    }

    @Test("A log that fails gets all again, in the same order: also what it may have taken", arguments: [true, false])
    func faultyLog(takesBeforeFailing: Bool) async throws {
        let world = RelayWorld(eventCount: 5)
        world.log.fail(times: 2, takesBeforeFailing: takesBeforeFailing)
        for _ in 0..<2 { await #expect(throws: Fault.self) { try await world.relay.relay() } }
        #expect(world.outbox.waiting == world.events)
        try await world.relay.relay()
        #expect(world.log.appended == Array(repeating: world.events, count: takesBeforeFailing ? 3 : 1))
        #expect(world.outbox.waiting.isEmpty)
    }

    @Test("A store that fails to mark has the events brought again, and none is lost or overtaken")
    func faultyStore() async throws {
        let world = RelayWorld(eventCount: 5)
        world.outbox.failMarking(times: 1)
        await #expect(throws: Fault.self) { try await world.relay.relay() }
        let later = world.outbox.add(2)
        try await world.relay.relay()
        #expect(world.log.appended == [world.events, world.events + later])
        for subject in Set(world.events.map(\.subjectID)) {
            let versions = world.log.appended.last?.filter { $0.subjectID == subject }.map(\.version) ?? []
            #expect(versions == versions.sorted())
        }
    }

    @Test("As a service it relays while it has the lease, and tries again after a fault")
    func service() async throws {
        let world = RelayWorld(eventCount: 3)
        let holder = InProcessLeases(competingWith: world.leases)
        let until = world.clock.now().adding(seconds: 60)
        #expect(holder.hold("relay", until: until, now: world.clock.now()))
        world.log.fail(times: 1, takesBeforeFailing: false)
        let group = ServiceGroup(services: [world.relay], logger: world.logger)
        let running = Task { try await group.run() }
        // It asks for the lease at each round: several rounds without it bring nothing.
        #expect(await eventually { world.leases.asked >= 2 })
        #expect(world.log.appended.isEmpty && !world.log.isAsked)
        world.clock.set(to: until)
        #expect(await eventually { world.outbox.waiting.isEmpty })
        #expect(world.log.appended == [world.events])
        await group.triggerGracefulShutdown()
        try await running.value
    }
}

// MARK: - Doubles

private struct RelayWorld {
    let outbox: MemoryOutbox
    let log: RecordingLog
    let leases = CountingLeases()
    let clock = SimulatedClock()
    let logger: Logger
    let relay: OutboxRelay
    let events: [Event]

    init(eventCount: Int, gate: Gate? = nil) {
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        self.logger = logger
        outbox = MemoryOutbox()
        events = outbox.add(eventCount)
        log = RecordingLog(gate: gate)
        relay = OutboxRelay(
            store: outbox, log: log, leases: leases, clock: clock, nudge: WakeUp(), logger: logger)
    }
}

extension InProcessLeases {
    fileprivate convenience init(competingWith other: CountingLeases) {
        self.init(competingWith: other.base)
    }
}

/// Leases that count how often they were asked for.
private final class CountingLeases: Leases {
    let base = InProcessLeases()
    private let count = Atomic(0)

    var asked: Int { count.load(ordering: .acquiring) }

    func hold(_ name: String, until: Timestamp, now: Timestamp) async -> Bool {
        defer { count.add(1, ordering: .acquiringAndReleasing) }
        return base.hold(name, until: until, now: now)
    }
}

private final class MemoryOutbox: Outbox {
    private let state = Mutex<(waiting: [Event], made: Int, faults: Int)>(([], 0, 0))

    var waiting: [Event] { state.withLock { $0.waiting } }

    /// Events of three subjects in turn.
    func add(_ count: Int) -> [Event] {
        state.withLock { state in
            let events = (0..<count).map { _ in
                defer { state.made += 1 }
                return Event(
                    id: .sample(UInt64(state.made)), kind: .reservationHeld,
                    subjectID: .sample(UInt64(state.made % 3)), version: state.made / 3 + 1, dateID: nil, userID: nil,
                    amount: .zero, seats: [], at: Timestamp(milliseconds: 0))
            }
            state.waiting += events
            return events
        }
    }

    func failMarking(times: Int) {
        state.withLock { $0.faults = times }
    }

    func undelivered(limit: Int) async throws(Fault) -> [Event] { Array(waiting.prefix(limit)) }

    func markDelivered(_ events: [EventID]) async throws(Fault) {
        let fails = state.withLock { state in
            guard state.faults == 0 else {
                state.faults -= 1
                return true
            }
            let delivered = Set(events)
            state.waiting.removeAll { delivered.contains($0.id) }
            return false
        }
        if fails { throw Fault(.unavailable, attempt: "mark", reason: "told to fail") }
    }

    func undeliveredCount() async throws(Fault) -> Int { waiting.count }
}

private final class RecordingLog: EventLog {
    private struct State {
        var appended: [[Event]] = []
        var isAsked = false
        var faults = 0
        var takesBeforeFailing = false
    }

    private let state = Mutex(State())
    private let gate: Gate?

    init(gate: Gate?) {
        self.gate = gate
    }

    var appended: [[Event]] { state.withLock { $0.appended } }
    var isAsked: Bool { state.withLock { $0.isAsked } }

    func fail(times: Int, takesBeforeFailing: Bool) {
        state.withLock { state in
            state.faults = times
            state.takesBeforeFailing = takesBeforeFailing
        }
    }

    func append(_ events: [Event]) async throws(Fault) {
        state.withLock { $0.isAsked = true }
        await gate?.wait()
        let fails = state.withLock { state in
            let fails = state.faults > 0
            if fails { state.faults -= 1 }
            if !fails || state.takesBeforeFailing { state.appended.append(events) }
            return fails
        }
        if fails { throw Fault(.unavailable, attempt: "append", reason: "told to fail") }
    }
}
