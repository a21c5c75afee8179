import Domain
import Engine
import Logging
import Ports
import Synchronization
import TestSupport
import Testing

@Suite("Running a batch")
struct BatchRunnerTests {
    private func runner(_ store: any SalesStore, pauses: Pauses = Pauses()) -> BatchRunner {
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        return BatchRunner(store: store, random: SeededRandom(seed: 1), logger: logger, pause: pauses.add)
    }

    private func charge(_ amount: Int64, to fan: UserID, key: UInt64? = nil) -> BatchRunner.Job {
        BatchRunner.Job(
            command: .charge(ChargePoints(userID: fan, amount: Won(amount))),
            idempotency: key.map { .sample($0) }, encode: Receipt.encode)
    }

    @Test("A command that breaks a constraint fails alone, and the others of its batch are done once")
    func constraint() async throws {
        try await World.run { world async throws in
            // Nobody with this id has an account, so the store refuses the wallet.
            let nobody: UserID = .sample(666)
            let runner = runner(world.store)
            let jobs = [
                charge(1_000, to: world.fans[0], key: 1), charge(2_000, to: nobody, key: 2),
                charge(3_000, to: world.fans[0], key: 3), charge(4_000, to: world.fans[1]),
            ]
            let result = await runner.run(jobs)
            #expect(result.answers.map { $0.receipt != nil } == [true, false, true, true])
            #expect(result.answers[1].fault?.code == .constraint)
            #expect(result.eventCount == 3)
            #expect(try await world.balance(of: world.fans[0]) == Won(4_000))
            #expect(try await world.balance(of: world.fans[1]) == Won(4_000))
            #expect(try await world.record(2) == nil)
        }
    }

    @Test("A batch that could not be run is run again, after a pause that grows", arguments: [1, 4])
    func unavailable(faultCount: Int) async throws {
        try await World.run { world async throws in
            let store = FaultyStore(world.store, Array(repeating: .unavailable, count: faultCount))
            let pauses = Pauses()
            let result = await runner(store, pauses: pauses).run([charge(1_000, to: world.fans[0])])
            #expect(result.answers[0].receipt != nil)
            #expect(try await world.balance(of: world.fans[0]) == Won(1_000))
            #expect(store.attempts == faultCount + 1)
            #expect(pauses.milliseconds == (1...faultCount).map { 10 << $0 })
        }
    }

    @Test("After five attempts every caller is told of the fault, and nothing has happened")
    func givesUp() async throws {
        try await World.run { world async throws in
            let store = FaultyStore(world.store, Array(repeating: .unavailable, count: 5))
            let jobs = [charge(1_000, to: world.fans[0]), charge(1_000, to: world.fans[1])]
            let result = await runner(store).run(jobs)
            #expect(result.answers.map { $0.fault?.code } == [.unavailable, .unavailable])
            #expect(store.attempts == BatchRunner.attemptsMax)
            #expect(try await world.balance(of: world.fans[0]) == .zero)
        }
    }

    @Test("A conflict is run again at once, a broken disk is not run again")
    func otherFaults() async throws {
        try await World.run { world async throws in
            let pauses = Pauses()
            let conflicting = FaultyStore(world.store, [.conflict, .conflict])
            let again = await runner(conflicting, pauses: pauses).run([charge(1_000, to: world.fans[0])])
            #expect(again.answers[0].receipt != nil)
            #expect(conflicting.attempts == 3 && pauses.milliseconds.isEmpty)
            let broken = FaultyStore(world.store, [.broken])
            let failed = await runner(broken).run([charge(1_000, to: world.fans[0])])
            #expect(failed.answers[0].fault?.code == .broken)
            #expect(broken.attempts == 1)
        }
    }

    @Test(
        "A commit whose outcome is unknown takes effect exactly once",
        arguments: [
            [FaultyStore.Injection.unknownAfterCommit], [.unknownBeforeCommit],
            [.unknownAfterCommit, .unknownAfterCommit], [.unknownBeforeCommit, .unavailable, .unknownAfterCommit],
        ])
    func unknownOutcome(script: [FaultyStore.Injection]) async throws {
        try await World.run { world async throws in
            let store = FaultyStore(world.store, script)
            let hold = HoldSeats(
                userID: world.fans[0], dateID: world.date, choice: .seats([world.seats[0]]), holdSeconds: 60)
            let jobs = [
                charge(1_000, to: world.fans[0], key: 1), charge(500, to: world.fans[0], key: 2),
                BatchRunner.Job(command: .hold(hold), idempotency: .sample(3), encode: Receipt.encode),
            ]
            let result = await runner(store).run(jobs)
            #expect(result.answers.allSatisfy { $0.receipt != nil })
            #expect(result.answers[2].heldSeats == [world.seats[0]])
            #expect(try await world.balance(of: world.fans[0]) == Won(1_500))
            #expect(try await world.store.reservations(of: world.fans[0], before: nil, limit: 9).count == 1)
            let first = try #require(try await world.record(3))
            guard case .done(let encoded, _) = result.answers[2] else { return }
            #expect(encoded.body == first.body, "what the caller is told is what is remembered")
        }
    }

    @Test("Without the record an unknown outcome takes effect twice")
    func unknownOutcomeWithoutRecord() async throws {
        try await World.run { world async throws in
            let store = FaultyStore(ForgetfulStore(base: world.store), [.unknownAfterCommit])
            _ = await runner(store).run([charge(1_000, to: world.fans[0], key: 1)])
            #expect(try await world.balance(of: world.fans[0]) == Won(2_000))
        }
    }

    @Test("A batch in which all is refused leaves nothing to tell")
    func allRefused() async throws {
        try await World.run { world async throws in
            let job = BatchRunner.Job(
                command: .pay(PayWithPoints(userID: world.fans[0], reservationID: .sample(5))), idempotency: .sample(1),
                encode: Receipt.encode)
            let result = await runner(world.store).run([job])
            #expect(result.answers[0].refusal == .notFound)
            #expect(result.seats.isEmpty && result.eventCount == 0)
        }
    }
}

/// How long a runner paused, without pausing.
private final class Pauses: Sendable {
    private let pauses = Mutex<[Int]>([])

    var milliseconds: [Int] { pauses.withLock { $0 } }

    @Sendable func add(_ milliseconds: Int) async {
        pauses.withLock { $0.append(milliseconds) }
    }
}
