import Ports
import Testing

@testable import StorePostgres

@Suite("Who gets which connection, without a server")
struct RosterTests {
    private let fault = Fault(.unavailable, attempt: "connect", reason: "no route")

    @Test("Work waits while a connection may come, and is done in order")
    func inOrder() {
        var roster = Roster<Int>(count: 1)
        for job in 1...3 { #expect(roster.submit(job).waits) }
        for job in 1...3 { #expect(roster.next(for: 0).job == job) }
        #expect(roster.next(for: 0).job == nil)
        guard case .wakes(0) = roster.submit(4) else { return #expect(Bool(false), "the idle lane was not woken") }
        #expect(roster.next(for: 0).job == 4)
    }

    @Test("Work is refused at once when no lane can connect, with the reason, and taken again when one can")
    func away() {
        var roster = Roster<Int>(count: 2)
        #expect(roster.submit(1).waits)
        #expect(roster.couldNotConnect(0, fault, outlook: roster.outlook).isEmpty)
        #expect(roster.submit(2).waits)
        #expect(roster.couldNotConnect(1, fault, outlook: roster.outlook).map(\.0) == [1, 2])
        guard case .refused(3, let reason) = roster.submit(3) else { return #expect(Bool(false), "it waits") }
        #expect(reason.reason == "no route")
        #expect(roster.next(for: 1).job == nil)
        guard case .wakes(1) = roster.submit(4) else { return #expect(Bool(false), "it does not go to the good lane") }
    }

    @Test("Work whose lane lost its connection before taking it goes to another that is idle")
    func strandedWork() {
        var roster = Roster<Int>(count: 2)
        for lane in 0...1 { #expect(roster.next(for: lane).job == nil) }
        guard case .wakes(0) = roster.submit(1) else { return #expect(Bool(false), "the idle lane was not woken") }
        #expect(roster.lost(0) == 1)
        // The one that was woken has it from now on: the next work wakes nobody twice.
        #expect(roster.submit(2).waits)
        #expect(roster.next(for: 1).job == 1)
        #expect(roster.lost(1) == nil)
        #expect(roster.next(for: 0).job == 2)
    }

    @Test("A lane that is lost while nothing waits wakes nobody")
    func lostQuietly() {
        var roster = Roster<Int>(count: 2)
        for lane in 0...1 { #expect(roster.next(for: lane).job == nil) }
        #expect(roster.lost(0) == nil)
        guard case .wakes(1) = roster.submit(1) else { return #expect(Bool(false), "the idle lane was not woken") }
    }

    @Test("An attempt that began before the schema was made does not count against the server")
    func outlook() {
        var roster = Roster<Int>(count: 1)
        let before = roster.outlook
        roster.expectConnections()
        #expect(roster.submit(1).waits)
        #expect(roster.couldNotConnect(0, fault, outlook: before).isEmpty)
        #expect(roster.submit(2).waits)
    }

    @Test("A closed roster does what waits and takes nothing more")
    func closing() {
        var roster = Roster<Int>(count: 1)
        #expect(roster.submit(1).waits)
        roster.close()
        guard case .refused(2, _) = roster.submit(2) else { return #expect(Bool(false), "it was taken") }
        #expect(!roster.isDone)
        #expect(roster.next(for: 0).job == 1)
        #expect(!roster.isDone)
        guard case .end = roster.next(for: 0) else { return #expect(Bool(false), "the lane goes on") }
        #expect(roster.isDone)
    }

    @Test("Pauses between attempts grow to a limit, and the first attempt has none")
    func backoff() {
        var backoff = Backoff()
        var random = SplitMix(seed: 1)
        let pauses = (0..<12).map { _ in backoff.next(random: &random) }
        #expect(pauses[0] == 0)
        #expect((25...50).contains(pauses[1]))
        #expect(pauses.allSatisfy { $0 <= Backoff.maxMs })
        #expect(pauses.suffix(4).allSatisfy { $0 >= Backoff.maxMs / 2 })
        backoff.reset()
        #expect(backoff.next(random: &random) == 0)
    }

    @Test("A replica is as fresh as the latest of the primary's positions that it has replayed")
    func freshness() {
        var freshness = ReplicaFreshness()
        #expect(!freshness.isFresh(atMs: 0, lagMaxMs: 1000))
        freshness.primary(isAt: 100, atMs: 1_000)
        freshness.replica(hasReplayed: 99)
        #expect(!freshness.isFresh(atMs: 1_000, lagMaxMs: 1000))
        freshness.primary(isAt: 200, atMs: 2_000)
        freshness.replica(hasReplayed: 150)
        #expect(freshness.isCurrentAsOfMs == 1_000)
        #expect(freshness.isFresh(atMs: 2_000, lagMaxMs: 1000))
        #expect(!freshness.isFresh(atMs: 2_001, lagMaxMs: 1000))
        freshness.replica(hasReplayed: 200)
        #expect(freshness.isFresh(atMs: 3_000, lagMaxMs: 1000))
    }
}

extension Roster.Submission {
    fileprivate var waits: Bool { if case .waits = self { true } else { false } }
}

extension Roster.Next {
    fileprivate var job: Job? { if case .run(let job) = self { job } else { nil } }
}
