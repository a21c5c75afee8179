import Domain
import Ports
import StoreSQLite
import TestSupport
import Testing

@testable import Engine

@Suite("Endpoints take turns", .serialized)
struct WebhookTurnsTests {
    @Test("Endpoints of which none answers leave places to one that does")
    func silent() async throws {
        try await SenderWorld.with(SenderSettings(limitMs: 1_000)) { world in
            try await Receiver.with(reply: { one, _ in one.uri == "/silent" ? .never : .status(204) }) { receiver in
                var silent: [WebhookID] = []
                for _ in 0..<19 { silent.append(try await world.endpoint(at: receiver, path: "/silent")) }
                let working = try await world.endpoint(at: receiver, path: "/working")
                try await world.fanOut.consume((1...20).map { world.event(about: $0) })
                try await world.sending {
                    #expect(try await world.wait(for: 20, .delivered, at: working))
                    // Each was tried once, eight at a time, and none is done with: one after the other takes its seconds.
                    for endpoint in silent {
                        let tries = try await world.deliveries(endpoint).map(\.attemptCount).reduce(0, +)
                        #expect(tries <= 13, "the one that works had to wait for those that do not")
                    }
                }
            }
        }
    }

    @Test("Endpoints that have much to take leave their places to others in time")
    func busy() async throws {
        try await SenderWorld.with(SenderSettings(runMs: 300)) { world in
            try await Receiver.with(reply: { one, _ in
                if one.uri == "/slow" { try? await Task.sleep(for: .milliseconds(200)) }
                return .status(204)
            }) { receiver in
                var slow: [WebhookID] = []
                for _ in 0..<16 { slow.append(try await world.endpoint(at: receiver, path: "/slow")) }
                let last = try await world.endpoint(at: receiver, path: "/last")
                try await world.fanOut.consume((1...200).map { world.event(about: $0) })
                try await world.sending {
                    let isSent = try await eventually { try await world.deliveries(last, .delivered).count > 0 }
                    #expect(isSent)
                    for endpoint in slow {
                        #expect(
                            try await !world.deliveries(endpoint, .pending).isEmpty, "it had its place for too long")
                    }
                }
            }
        }
    }
}

@Suite("Places of endpoints")
struct WebhookPlacesTests {
    @Test("Of sixteen places those that fail have eight at most, those that work twelve, and one has one")
    func counts() {
        var places = WebhookPlaces()
        func enter(_ numbers: Range<UInt64>, isFailing: Bool) -> Int {
            numbers.count { places.enter(.sample($0), isFailing: isFailing) }
        }
        #expect(enter(0..<20, isFailing: true) == 8)
        #expect(places.last(areFailing: true) == .sample(7) && places.last(areFailing: false) == nil)
        #expect(!places.hasRoom(areFailing: true) && places.hasRoom(areFailing: false))
        #expect(enter(0..<8, isFailing: false) == 0, "it is sent to already")
        #expect(enter(20..<40, isFailing: false) == 8)
        for number in 0..<8 as Range<UInt64> { places.leave(.sample(number)) }
        #expect(enter(40..<60, isFailing: false) == 4)
        #expect(enter(60..<80, isFailing: true) == 4)
        #expect(!places.hasRoom(areFailing: true) && !places.hasRoom(areFailing: false))
    }
}
