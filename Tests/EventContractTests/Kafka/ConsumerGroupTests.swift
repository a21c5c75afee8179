import Domain
import EventsInProcess
import Ports
import Synchronization
import TestSupport
import Testing

@testable import EventsKafka

@Suite("A consumer group of Kafka")
struct ConsumerGroupTests {
    @Test(
        "A message that is no event goes to the dead letters as it came, and the group moves on",
        arguments: KafkaBrokers.all)
    func unreadable(brokers: KafkaBrokers) async throws {
        let topic = try brokers.topic(partitions: 1)
        let consumer = RecordingConsumer(name: "sales")
        let producer = Producer(settings: topic.settings, logger: topic.logger)
        defer { producer.close() }
        var story = Story(subjectCount: 3)
        func message(_ event: Event) -> OutgoingMessage { OutgoingMessage(event: event, topic: topic.settings.topic) }
        let poison = OutgoingMessage(
            topic: topic.settings.topic, key: Array("key".utf8), value: Array("{\"specversion\":".utf8),
            headers: [("trace", [1, 2, 3])])
        try await producer.send(story.next().map(message) + [poison] + story.next().map(message))

        let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
        try await serving([group]) {
            let hasAll = await eventually { Set(consumer.seen) == Set(story.told) }
            #expect(hasAll)
            let letter = try #require(try await read(topic.dead, count: 1).first)
            #expect(letter.key == poison.key)
            #expect(letter.value == poison.value)
            #expect(letter.header("trace") == [1, 2, 3])
            #expect(letter.text("dead-reason") == "not an event: it is not JSON, from byte 15 on")
            #expect(letter.text("dead-group") == "\(topic.settings.topic).sales")
            #expect(letter.text("dead-topic") == topic.settings.topic)
            #expect(letter.text("dead-partition") == "0")
            #expect(letter.text("dead-offset") == "3")
        }
    }

    @Test("An event whose sums would overflow goes to the dead letters, and sales figures are kept on")
    func overflowing() async throws {
        let topic = try KafkaBrokers.mock.topic(partitions: 1)
        var source = EventSource()
        let (reservation, date): (ReservationID, DateID) = (source.id(), source.id())
        let huge = Event(
            id: source.id(), kind: .reservationPaid, subjectID: ID(reservation), version: 2, dateID: date, userID: nil,
            amount: .zero, seats: (0..<2).map { _ in Event.Seat(id: source.id(), grade: 0, price: Won(.max)) },
            at: Timestamp(milliseconds: 0))
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        try await log.append([huge, source.event(.reservationPaid, of: source.id(), on: date, seats: [(0, 100)])])
        let figures = MemorySalesFigures()
        let sales = SalesProjection(store: figures)
        let group = KafkaConsumerGroup(settings: topic.settings, consumer: sales, logger: topic.logger)
        try await serving([group]) {
            let hasOther = try await eventually {
                try await figures.figures(of: date, since: Timestamp(milliseconds: 0)).grades.map(\.sold) == [1]
            }
            #expect(hasOther)
            let letter = try #require(try await read(topic.dead, count: 1).first)
            #expect(letter.text("dead-reason") == "not an event: 'price' is not from 0 to 100000000000")
        }
    }

    @Test(
        "An event at which the consumer always fails goes to the dead letters, those around it are consumed",
        arguments: [Fault.Code.constraint, .broken])
    func poisoned(code: Fault.Code) async throws {
        let topic = try KafkaBrokers.mock.topic(partitions: 1)
        var story = Story(subjectCount: 5)
        let events = story.next()
        let bad = events[2].id
        let consumer = RecordingConsumer { $0.id == bad ? code : nil }
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        try await log.append(events)
        let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
        try await serving([group]) {
            let hasOthers = await eventually { consumer.seen.map(\.id) == events.map(\.id).filter { $0 != bad } }
            #expect(hasOthers)
            let letter = try #require(try await read(topic.dead, count: 1).first)
            #expect(try Event(cloudEvent: letter.value ?? []) == events[2])
            let reason = try #require(letter.text("dead-reason"))
            #expect(reason.hasPrefix("recording failed 3 times: \(code.rawValue)"), "\(reason)")
        }
    }

    /// How a store fails, and how often: `broken` 4 times is the batch and all attempts at its first event, 13 times all
    /// that looking for the event to blame takes.
    struct Failing: Sendable {
        let code: Fault.Code
        let count: Int
    }

    @Test(
        "A store that is away or takes nothing is waited for, and no event is skipped",
        arguments: [
            Failing(code: .unavailable, count: 4), Failing(code: .outcomeUnknown, count: 1),
            Failing(code: .conflict, count: 4), Failing(code: .broken, count: 4), Failing(code: .broken, count: 13),
        ])
    func storeAway(failing: Failing) async throws {
        let topic = try KafkaBrokers.mock.topic(partitions: 1)
        let attempts = Mutex(0)
        let consumer = RecordingConsumer { _ in
            attempts.withLock { attempts in
                attempts += 1
                return attempts <= failing.count ? failing.code : nil
            }
        }
        var story = Story(subjectCount: 3)
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        try await log.append(story.next() + story.next())
        let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
        try await serving([group]) {
            let hasAll = await eventually { Set(consumer.seen.map(\.id)).count == 6 }
            #expect(hasAll)
        }
        #expect(consumer.firstSeen() == story.told.bySubject())
        #expect(try topic.dead.messageCount(partitions: 1) == 0)
    }

    @Test("A group that is stopped and started again in the middle sees every event", arguments: KafkaBrokers.all)
    func restarted(brokers: KafkaBrokers) async throws {
        let topic = try brokers.topic()
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        let consumer = RecordingConsumer()
        var story = Story(subjectCount: 40)
        try await log.append(story.next())
        let attempts = Mutex(0)
        let failing = RecordingConsumer { _ in
            attempts.withLock { $0 += 1 }
            return .unavailable
        }
        let failed = KafkaConsumerGroup(settings: topic.settings, consumer: failing, logger: topic.logger)
        try await serving([failed]) {
            let hasTried = await eventually { attempts.withLock { $0 > 0 } }
            #expect(hasTried)
        }
        for round in 1...3 {
            if round > 1 { try await log.append(story.next()) }
            let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
            try await serving([group]) {
                let hasAll = await eventually { Set(consumer.seen.map(\.id)).count == 40 * round }
                #expect(hasAll)
            }
        }
        #expect(consumer.firstSeen() == story.told.bySubject())
        // What was committed when the group was left does not come again.
        #expect(consumer.seen.count == story.told.count)
    }

    @Test(
        "What was consumed and not committed comes again, and the lag counts it until then", arguments: KafkaBrokers.all
    )
    func uncommitted(brokers: KafkaBrokers) async throws {
        let topic = try brokers.topic()
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        var story = Story(subjectCount: 25)
        try await log.append(story.next())
        let ids = Set(story.told.map(\.id))
        let crashing = try GroupMember(group: "group", settings: topic.settings, logger: topic.logger)
        #expect(Set(try await received(by: crashing, count: 25).map(\.eventID)) == ids)
        #expect(await crashing.lags().values.reduce(0, +) == 25)
        await crashing.close()

        let second = try GroupMember(group: "group", settings: topic.settings, logger: topic.logger)
        let again = try await received(by: second, count: 25)
        #expect(Set(again.map(\.eventID)) == ids)
        try await second.rewind(to: again)
        let onceMore = try await received(by: second, count: 25)
        #expect(Set(onceMore.map(\.eventID)) == ids)
        await second.commit(onceMore, logger: topic.logger)
        #expect(await second.lags().values.allSatisfy { $0 == 0 })
        await second.close()

        try await log.append(story.next())
        let third = try GroupMember(group: "group", settings: topic.settings, logger: topic.logger)
        #expect(Set(try await received(by: third, count: 25).map(\.eventID)).isDisjoint(with: ids))
        await third.close()
    }

    @Test(
        "Two members share the partitions, and the one that stays takes over from the one that leaves",
        arguments: KafkaBrokers.all)
    func shared(brokers: KafkaBrokers) async throws {
        let topic = try brokers.topic()
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        let staying = RecordingConsumer(name: "sales")
        let leaving = RecordingConsumer(name: "sales")
        var story = Story(subjectCount: 40)
        func seen() -> Set<EventID> { Set((staying.seen + leaving.seen).map(\.id)) }
        let first = KafkaConsumerGroup(settings: topic.settings, consumer: staying, logger: topic.logger)
        try await serving([first]) {
            let second = KafkaConsumerGroup(settings: topic.settings, consumer: leaving, logger: topic.logger)
            try await serving([second]) {
                // Until the partitions are shared, all go to one of them.
                let isShared = try await eventually {
                    let events = story.next()
                    try await log.append(events)
                    let hasAll = await eventually { seen().isSuperset(of: events.map(\.id)) }
                    try #require(hasAll)
                    let places = [staying, leaving].map { Set($0.seen.suffix(20).map(\.subjectID)) }
                    return !leaving.seen.isEmpty && !staying.seen.isEmpty && places[0].isDisjoint(with: places[1])
                }
                #expect(isShared)
            }
            let before = leaving.seen.count
            try await log.append(story.next())
            let hasAll = await eventually { seen() == Set(story.told.map(\.id)) }
            #expect(hasAll)
            #expect(leaving.seen.count == before)
        }
    }

    /// Reads a topic from its beginning.
    private func read(_ topic: TestTopic, count: Int) async throws -> [IncomingMessage] {
        let member = try GroupMember(group: "reader", settings: topic.settings, logger: topic.logger)
        let messages = try await received(by: member, count: count)
        await member.close()
        return messages
    }

    private func received(by member: GroupMember, count: Int) async throws -> [IncomingMessage] {
        var messages: [IncomingMessage] = []
        let hasCome = try await eventually {
            messages += try await member.poll(countMax: 1_000, limitMs: 100)
            return messages.count >= count
        }
        try #require(hasCome, "only \(messages.count) of \(count) messages came")
        return messages
    }
}

extension IncomingMessage {
    fileprivate var eventID: EventID? { try? Event(cloudEvent: value ?? []).id }
    fileprivate func header(_ name: String) -> [UInt8]? { headers.first { $0.name == name }?.value }
    fileprivate func text(_ name: String) -> String? { header(name).map { String(decoding: $0, as: UTF8.self) } }
}
