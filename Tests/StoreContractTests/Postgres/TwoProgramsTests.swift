import Domain
import Foundation
import Ports
import Synchronization
import Testing

@testable import StorePostgres

/// Nothing of this runs without a server: `JARI_TEST_POSTGRES` names one.
private let servers = PostgresContract.uri.map { [$0] } ?? []

/// What must be true of all interleavings. Without the lock on a fan's date, or on a seat, each of these fails.
@Suite("Two programs sell from one PostgreSQL")
struct TwoProgramsTests {
    private struct Programs {
        let world: World
        let other: PostgresStore

        /// Every command alone in a batch, on one program and the other in turn, all at the same time.
        func run(_ commands: [Command]) async throws -> [Result<Outcome, Refusal>] {
            try await withThrowingTaskGroup(of: Result<Outcome, Refusal>.self) { group in
                for (index, command) in commands.enumerated() {
                    let store: any Store = index.isMultiple(of: 2) ? world.store : other
                    let seed = (world.id() as ReservationID).low
                    group.addTask { try await commit(command, seed: seed, on: store) }
                }
                var results: [Result<Outcome, Refusal>] = []
                for try await result in group { results.append(result) }
                return results
            }
        }

        private func commit(_ command: Command, seed: UInt64, on store: any Store) async throws
            -> Result<Outcome, Refusal>
        {
            var keys = RowKeys()
            command.addKeys(to: &keys)
            return try await store.commit(keys) { rows, now in
                var ids = IDSource(random: SplitMix(seed: seed))
                do throws(Refusal) {
                    let decision = try command.decide(on: rows, ids: &ids, now: now)
                    rows.apply(decision)
                    return .success(decision.outcome)
                } catch {
                    return .failure(error)
                }
            }
        }
    }

    private func with(_ body: (Programs) async throws -> Void) async throws {
        try await World.with(PostgresContract()) { world in
            let store = try #require(world.store as? PostgresStore)
            let schema = try #require(PostgresSchema.ofStores.withLock { $0[ObjectIdentifier(store)] })
            let other = try PostgresStore(schema.uri, lanes: 2, readers: 1, clock: world.clock, logger: .quiet)
            try await body(Programs(world: world, other: other))
            await other.close()
            try await world.expectCleanAudit()
        }
    }

    @Test("A seat that many want is held once", arguments: servers)
    func oneSeat(uri: String) async throws {
        try await with { programs in
            let (date, seats) = try await programs.world.sale(seatCount: 20, seatsPerFanMax: 20)
            var fans: [User] = []
            for number in 0..<8 { fans.append(try await programs.world.user("fan\(number)")) }
            for round in stride(from: 0, to: 20, by: 2) {
                let pair = [seats[round], seats[round + 1]]
                // In both orders, so that two batches would lock each other out if locks were not taken in order.
                let results = try await programs.run(
                    fans.enumerated().map { number, fan in
                        let wanted = number.isMultiple(of: 4) ? pair : pair.reversed()
                        return .hold(
                            HoldSeats(userID: fan.id, dateID: date.id, choice: .seats(wanted), holdSeconds: 60))
                    })
                #expect(results.count { (try? $0.get()) != nil } == 1)
            }
            #expect(try await programs.world.store.seats(of: date.id).allSatisfy { $0.seat.fence == 1 })
        }
    }

    @Test("A fan who asks everywhere at once gets no more seats than allowed", arguments: servers)
    func oneFan(uri: String) async throws {
        try await with { programs in
            let fan = try await programs.world.user()
            let (date, seats) = try await programs.world.sale(seatCount: 30, seatsPerFanMax: 4)
            let results = try await programs.run(
                seats.map { seat in
                    .hold(HoldSeats(userID: fan.id, dateID: date.id, choice: .seats([seat]), holdSeconds: 60))
                })
            #expect(results.count { (try? $0.get()) != nil } == 4)
        }
    }

    @Test("A wallet that is charged and spent everywhere at once keeps its sum", arguments: servers)
    func oneWallet(uri: String) async throws {
        try await with { programs in
            let fan = try await programs.world.user()
            let charge = Command.charge(ChargePoints(userID: fan.id, amount: Won(7)))
            _ = try await programs.run(Array(repeating: charge, count: 60))
            #expect(try await programs.other.wallet(of: fan.id).balance == Won(420))
        }
    }

    @Test("A date that is deleted while its seats are held is either gone or kept whole", arguments: servers)
    func deletedDate(uri: String) async throws {
        try await with { programs in
            for round in 0..<5 {
                let fan = try await programs.world.user("fan\(round)")
                let (date, seats) = try await programs.world.sale()
                let hold = Command.hold(
                    HoldSeats(userID: fan.id, dateID: date.id, choice: .seats([seats[0]]), holdSeconds: 60))
                async let deleted = programs.other.delete(date.id, action: nil)
                let results = try await programs.run([hold])
                let isHeld = (try? results[0].get()) != nil
                #expect(try await deleted == (isHeld ? .hasReservations : nil))
                #expect((try await programs.world.store.date(date.id) != nil) == isHeld)
            }
        }
    }

    @Test("A program that freezes in the middle of a batch holds another up for two seconds", arguments: servers)
    func frozen(uri: String) async throws {
        try await with { programs in
            let fan = try await programs.world.user()
            _ = try await programs.world.charge(1, to: fan)
            let runs = Mutex(0)
            let isOver = Mutex(false)
            let frozen = Task {
                try await programs.other.onLane("freeze") { db in
                    _ = try db.exchange([.begin, Request(PointsStatement.lock, Column([fan.id]))])
                    let run = runs.withLock { runs in
                        runs += 1
                        return runs
                    }
                    let limit = Monotonic.nowMs + 20_000
                    while run == 1, !isOver.withLock({ $0 }), Monotonic.nowMs < limit { usleep(10_000) }
                    _ = try db.exchange([.commit])
                }
            }
            while runs.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
            // It waits for the lock, and gets it while the other is still frozen.
            _ = try await programs.world.charge(1, to: fan)
            isOver.withLock { $0 = true }
            // What the frozen one did is known to be undone, so it is done again.
            try await frozen.value
            #expect(runs.withLock { $0 } == 2)
            #expect(try await programs.other.wallet(of: fan.id).balance == Won(2))
        }
    }
}
