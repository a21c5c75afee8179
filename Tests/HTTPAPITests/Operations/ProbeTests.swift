import Ports
import Synchronization
import Testing

@testable import HTTPAPI

@Suite("The look at the store", .timeLimit(.minutes(1)))
struct ProbeTests {
    @Test("All who ask at once share one look, and it is good for a while")
    func shared() async {
        let looks = Atomic(0)
        let probe = Probe(goodFor: .seconds(60)) { () throws(Fault) in
            looks.add(1, ordering: .relaxed)
            await Task.yield()
        }
        let states = await withTaskGroup(of: String.self) { group in
            for _ in 0..<200 { group.addTask { await probe.state() } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(states == ["ok"])
        #expect(await probe.state() == "ok")
        #expect(looks.load(ordering: .relaxed) == 1)
    }

    @Test("Several are looked at together: none begins after another has ended")
    func together() async {
        let begun = Atomic(0)
        let sawAll = Atomic(0)
        let probes = (0..<5).map { _ in
            Probe(limit: .seconds(20)) { () throws(Fault) in
                begun.add(1, ordering: .relaxed)
                let limit = ContinuousClock.now + .seconds(2)
                while begun.load(ordering: .relaxed) < 5, ContinuousClock.now < limit { await Task.yield() }
                if begun.load(ordering: .relaxed) == 5 { sawAll.add(1, ordering: .relaxed) }
            }
        }
        #expect(await Probe.states(of: probes) == Array(repeating: "ok", count: 5))
        #expect(sawAll.load(ordering: .relaxed) == 5)
    }

    @Test("States come in the order of what was asked, whichever is the fastest")
    func order() async {
        let slow = Probe { () throws(Fault) in try? await Task.sleep(for: .milliseconds(50)) }
        let away = Probe { () throws(Fault) in throw Fault(.outcomeUnknown, attempt: "look", reason: "test") }
        #expect(await Probe.states(of: [slow, away]) == ["ok", "outcomeUnknown"])
    }

    @Test("What does not answer is not there: nobody waits for it longer than the limit, and it is asked only once")
    func limit() async throws {
        let (held, release) = AsyncStream<Void>.makeStream()
        let looks = Atomic(0)
        let probe = Probe(goodFor: .seconds(60), limit: .milliseconds(100)) { () throws(Fault) in
            looks.add(1, ordering: .relaxed)
            for await _ in held { break }
        }
        // A look that never ends would leave this waiting.
        #expect(await probe.state() == "unavailable")
        #expect(await probe.state() == "unavailable")
        #expect(looks.load(ordering: .relaxed) == 1)
        release.finish()
        let limit = ContinuousClock.now + .seconds(10)
        while await probe.state() != "ok", ContinuousClock.now < limit { await Task.yield() }
        #expect(await probe.state() == "ok")
        #expect(looks.load(ordering: .relaxed) == 1)
    }

    @Test("When it has grown old the store is looked at again")
    func old() async {
        let isBroken = Atomic(true)
        let probe = Probe(goodFor: .zero) { () throws(Fault) in
            if isBroken.load(ordering: .relaxed) { throw Fault(.unavailable, attempt: "look", reason: "test") }
        }
        #expect(await probe.state() == Fault.Code.unavailable.rawValue)
        isBroken.store(false, ordering: .relaxed)
        #expect(await probe.state() == "ok")
    }
}
