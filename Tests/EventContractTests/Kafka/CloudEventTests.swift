import Domain
import Foundation
import Testing

@testable import EventsKafka

private let asyncapi = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "asyncapi.yml")

@Suite("Events as CloudEvents")
struct CloudEventTests {
    @Test("What is written is read back as it was", arguments: SampleEvents.all)
    func roundTrip(event: Event) throws {
        #expect(try Event(cloudEvent: event.cloudEvent) == event)
    }

    @Test("asyncapi.yml shows every kind of event byte for byte as it is produced", arguments: SampleEvents.all)
    func described(event: Event) throws {
        // e2e/test_asyncapi.py holds these examples to their schemas.
        let document = try String(contentsOf: asyncapi, encoding: .utf8)
        let produced = String(decoding: event.cloudEvent, as: UTF8.self)
        #expect(document.contains("payload: \(produced)\n"), "there is no example with payload: \(produced)")
    }

    @Test("Fields that a later version adds are passed over, and text may be escaped")
    func lenient() throws {
        let event = SampleEvents.all[0]
        let text = String(decoding: event.cloudEvent, as: UTF8.self)
            .replacing(
                "\"specversion\"",
                with: " \"later\" : [1.5e3, {\"a\": null}, true, false, \"\\u00e9\\n\\ud83d\\ude00\"],\n\"specversion\""
            )
            .replacing("jari.reservation", with: "jari\\u002Ereservation")
        #expect(try Event(cloudEvent: Array(text.utf8)) == event)
    }

    @Test(
        "What is not an event is told so",
        arguments: [
            ("", "not JSON"), ("null", "not an object"), ("[]", "not an object"), ("{", "not JSON"),
            ("{}", "specversion"),
            ("{\"a\":1,\"a\":2}", "not JSON"), ("{\"a\":01}", "not JSON"), ("{} x", "not JSON"),
            ("\"\\ud800\"", "not JSON"),
            ("\u{7f}", "not JSON"), (String(repeating: "[", count: 100_000), "not JSON"),
            (String(repeating: " ", count: 1 << 21), "longer"),
        ])
    func malformed(text: String, reason: String) {
        let error = #expect(throws: NotAnEvent.self) { try Event(cloudEvent: Array(text.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test(
        "A field that is missing or wrong is named",
        arguments: [
            ("\"specversion\":\"1.0\"", "\"specversion\":\"2.0\"", "specversion"),
            ("\"id\":\"019", "\"id\":\"x19", "'id'"),
            ("jari.reservation.held", "jari.reservation.stolen", "jari.reservation.stolen"),
            ("jari.reservation.held", "reservation.held", "reservation.held"),
            ("\"time\":\"20", "\"time\":\"x0", "time"),
            ("\"amount\":", "\"amount\":1.5,\"x\":", "amount"),
            ("\"amount\":", "\"amount\":99999999999999999999,\"x\":", "amount"),
            ("\"seats\":", "\"seats\":{},\"x\":", "seats"), ("\"grade\":0", "\"grade\":null", "grade"),
            ("\"subject\"", "\"object\"", "subject"), ("\"data\"", "\"date\"", "data"),
        ])
    func wrong(original: String, changed: String, named: String) {
        let text = String(decoding: SampleEvents.all[0].cloudEvent, as: UTF8.self).replacing(original, with: changed)
        let error = #expect(throws: NotAnEvent.self) { try Event(cloudEvent: Array(text.utf8)) }
        #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
    }
}
