import Domain
import EventsInProcess
import Ports
import TestSupport
import Testing

@Suite("Every event log")
struct EventLogContractTests {
    @Test("Every consumer gets every event of a subject in the order it was appended", arguments: EventLogDriver.all)
    func order(driver: EventLogDriver) async throws {
        let consumers = [RecordingConsumer(name: "first"), RecordingConsumer(name: "second")]
        var source = EventSource()
        let reservations: [ReservationID] = (0..<20).map { _ in source.id() }
        let date: DateID = source.id()
        let batches = [[Event.Kind.reservationHeld, .reservationPaid], [.reservationRefunded]].map { kinds in
            kinds.flatMap { kind in
                reservations.map { source.event(kind, of: $0, on: date, seats: [(0, 100)]) }
            }
        }
        try await driver.run(consumers) { log in
            for batch in batches { try await log.append(batch) }
            for consumer in consumers {
                let hasAll = await eventually { Set(consumer.seen.map(\.id)).count == 60 }
                #expect(hasAll, "\(consumer.name)")
                #expect(consumer.firstSeen() == batches.flatMap { $0 }.bySubject(), "\(consumer.name)")
            }
        }
    }

    @Test("An event that carries all it may arrives as it was", arguments: EventLogDriver.all)
    func faithful(driver: EventLogDriver) async throws {
        let consumer = RecordingConsumer()
        let events = SampleEvents.all
        try await driver.run([consumer]) { log in
            try await log.append(events)
            let hasAll = await eventually { consumer.seen.count >= events.count }
            #expect(hasAll)
            #expect(Set(consumer.seen) == Set(events))
        }
    }

    @Test("A consumer's fault costs neither it nor the others an event", arguments: EventLogDriver.all)
    func redelivery(driver: EventLogDriver) async throws {
        let before = RecordingConsumer(name: "before")
        let failing = RecordingConsumer(name: "failing", faults: 2)
        let after = RecordingConsumer(name: "after")
        var source = EventSource()
        let reservation: ReservationID = source.id()
        let date: DateID = source.id()
        let events = [Event.Kind.reservationHeld, .reservationPaid].map {
            source.event($0, of: reservation, on: date, seats: [(0, 100)])
        }
        try await driver.run([before, failing, after]) { log in
            try await relay(events, to: log)
            for consumer in [before, failing, after] {
                let hasAll = await eventually { Set(consumer.seen) == Set(events) }
                #expect(hasAll, "\(consumer.name)")
                #expect(consumer.firstSeen() == events.bySubject(), "\(consumer.name)")
            }
        }
    }

    @Test(
        "Events that come again after another consumer's fault count once in the sales", arguments: EventLogDriver.all)
    func salesOnce(driver: EventLogDriver) async throws {
        let store = MemorySalesFigures()
        let failing = RecordingConsumer(faults: 3)
        var source = EventSource()
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let events = [
            source.event(.reservationHeld, of: reservation, on: date, seats: [(0, 100), (1, 50)]),
            source.event(.reservationPaid, of: reservation, on: date, seats: [(0, 100), (1, 50)]),
        ]
        try await driver.run([SalesProjection(store: store), failing]) { log in
            for _ in 0..<2 { try await relay(events, to: log) }
            let expected = [
                SalesFigures.Grade(grade: 0, held: 0, sold: 1, revenue: Won(100)),
                SalesFigures.Grade(grade: 1, held: 0, sold: 1, revenue: Won(50)),
            ]
            let isThere = try await eventually {
                try await store.figures(of: date, since: Timestamp(milliseconds: 0)).grades == expected
                    && failing.seen.count >= 4
            }
            #expect(isThere)
            #expect(try await store.figures(of: date, since: Timestamp(milliseconds: 0)).grades == expected)
        }
    }

    @Test("In one process, a consumer's fault reaches the relay, which brings the events again")
    func faultReachesRelay() async throws {
        let failing = RecordingConsumer(faults: 1)
        let log = InProcessEventLog(consumers: [failing])
        var source = EventSource()
        let events = [source.event(.reservationHeld, of: source.id(), on: source.id(), seats: [(0, 100)])]
        await #expect(throws: Fault.self) { try await log.append(events) }
        #expect(failing.seen.isEmpty)
        try await log.append(events)
        #expect(failing.seen == events)
    }
}

/// Appends as the relay does: all again after a fault.
func relay(_ events: [Event], to log: any EventLog) async throws {
    let hasSucceeded = await eventually(within: .seconds(60)) {
        do throws(Fault) {
            try await log.append(events)
            return true
        } catch {
            return false
        }
    }
    try #require(hasSucceeded, "the log takes nothing")
}
