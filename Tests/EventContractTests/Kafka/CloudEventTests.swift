import Domain
import EventsInProcess
import Foundation
import Ports
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
            ("\"amount\":", "\"amount\":-1,\"x\":", "'amount' is not from 0 to 100000000000"),
            ("\"amount\":", "\"amount\":100000000001,\"x\":", "amount"),
            ("\"price\":165000", "\"price\":9223372036854775807", "price"),
            ("\"price\":165000", "\"price\":-1", "price"), ("\"grade\":0", "\"grade\":256", "grade"),
            ("\"grade\":0", "\"grade\":-1", "grade"), ("\"version\":1", "\"version\":-1", "version"),
        ])
    func wrong(original: String, changed: String, named: String) {
        let text = String(decoding: SampleEvents.all[0].cloudEvent, as: UTF8.self).replacing(original, with: changed)
        let error = #expect(throws: NotAnEvent.self) { try Event(cloudEvent: Array(text.utf8)) }
        #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
    }

    @Test("The largest amounts and most seats that are taken overflow no sums of a batch")
    func bounded() throws {
        func event(seatCount: Int) -> Event {
            let sample = SampleEvents.all[1]
            let seat = Event.Seat(id: sample.seats[0].id, grade: 255, price: .max)
            return Event(
                id: sample.id, kind: .reservationPaid, subjectID: sample.subjectID, version: sample.version,
                dateID: sample.dateID, userID: sample.userID, amount: .max,
                seats: Array(repeating: seat, count: seatCount), at: sample.at)
        }
        let most = try Event(cloudEvent: event(seatCount: 1_000).cloudEvent)
        #expect(most == event(seatCount: 1_000))
        // A whole batch of them.
        let deltas = SalesProjection.deltas(of: Array(repeating: most, count: 1_000))
        #expect(deltas.first?.figures.minutes.first?.revenue == Won(1_000_000 * Won.max.amount))
        let error = #expect(throws: NotAnEvent.self) { try Event(cloudEvent: event(seatCount: 1_001).cloudEvent) }
        #expect(error?.description.contains("seats") == true)
    }
}
