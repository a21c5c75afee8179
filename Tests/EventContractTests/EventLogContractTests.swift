import Domain
import EventsInProcess
import Ports
import Testing

/// A driver of the event log, and how to make one that delivers to given consumers.
struct EventLogDriver: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable ([any EventConsumer]) async throws -> any EventLog

    var testDescription: String { name }

    static let all = [EventLogDriver(name: "in process") { InProcessEventLog(consumers: $0) }]
}

@Suite("Every event log")
struct EventLogContractTests {
    @Test("Every consumer gets every event in the order it was appended", arguments: EventLogDriver.all)
    func order(driver: EventLogDriver) async throws {
        let consumers = [RecordingConsumer(name: "first"), RecordingConsumer(name: "second")]
        let log = try await driver.make(consumers)
        var source = EventSource()
        let reservation: ReservationID = source.id()
        let date: DateID = source.id()
        let batches = [[Event.Kind.reservationHeld, .reservationPaid], [.reservationRefunded]].map { kinds in
            kinds.map { source.event($0, of: reservation, on: date, seats: [(0, 100)]) }
        }
        for batch in batches { try await log.append(batch) }
        for consumer in consumers {
            #expect(consumer.deliveries.flatMap { $0 } == batches.flatMap { $0 }.map(\.id), "\(consumer.name)")
        }
    }

    @Test("A consumer's fault reaches the relay, and the events come again to all", arguments: EventLogDriver.all)
    func redelivery(driver: EventLogDriver) async throws {
        let before = RecordingConsumer(name: "before")
        let failing = RecordingConsumer(name: "failing", faults: 1)
        let after = RecordingConsumer(name: "after")
        let log = try await driver.make([before, failing, after])
        var source = EventSource()
        let events = [source.event(.reservationHeld, of: source.id(), on: source.id(), seats: [(0, 100)])]

        await #expect(throws: Fault.self) { try await log.append(events) }
        #expect(failing.deliveries.isEmpty)
        try await log.append(events)
        for consumer in [before, failing, after] {
            #expect(Set(consumer.deliveries.flatMap { $0 }) == Set(events.map(\.id)), "\(consumer.name)")
        }
    }

    @Test(
        "Events that come again after another consumer's fault count once in the sales", arguments: EventLogDriver.all)
    func salesOnce(driver: EventLogDriver) async throws {
        let store = MemorySalesFigures()
        let log = try await driver.make([SalesProjection(store: store), RecordingConsumer(faults: 3)])
        var source = EventSource()
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let events = [
            source.event(.reservationHeld, of: reservation, on: date, seats: [(0, 100), (1, 50)]),
            source.event(.reservationPaid, of: reservation, on: date, seats: [(0, 100), (1, 50)]),
        ]
        for _ in 0..<3 {
            await #expect(throws: Fault.self) { try await log.append(events) }
        }
        try await log.append(events)
        let figures = try await store.figures(of: date, since: Timestamp(milliseconds: 0))
        #expect(
            figures.grades == [
                SalesFigures.Grade(grade: 0, held: 0, sold: 1, revenue: Won(100)),
                SalesFigures.Grade(grade: 1, held: 0, sold: 1, revenue: Won(50)),
            ])
    }
}
