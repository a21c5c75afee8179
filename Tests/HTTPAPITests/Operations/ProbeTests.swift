import Ports
import Synchronization
import Testing

@testable import HTTPAPI

@Suite("The look at the store")
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
