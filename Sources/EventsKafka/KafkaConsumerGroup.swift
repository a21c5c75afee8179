public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle

/// Reads events from Kafka as one member of a consumer's group, and brings them to the consumer: at least once, those of
/// one subject in order. Every process runs one for each consumer; the brokers share the partitions out among them.
///
/// Offsets are committed after the consumer has returned. A fault that passes (the store is away) is waited for, however
/// long, and nothing is skipped. A message that is not an event, and an event at which the consumer fails for good while
/// it takes others, goes to the dead-letter topic with the reason, and the group moves on.
public final class KafkaConsumerGroup: Service {
    private static let batchMax = 1_000
    private static let pollLimitMs: Int32 = 1_000

    private let settings: KafkaSettings
    private let group: String
    private let consumer: any EventConsumer
    private let logger: Logger
    private let deadProducer: Producer
    private let consumed: Counter
    private let dead: Counter
    private let lag: LagGauges
    private let stop = StopSignal()

    /// - Parameter consumer: The group is named after the topic and the consumer: `jari.events.sales`.
    public init(settings: KafkaSettings, consumer: any EventConsumer, logger: Logger) {
        self.settings = settings
        self.consumer = consumer
        group = "\(settings.topic).\(consumer.name)"
        var logger = logger
        logger[metadataKey: "group"] = "\(group)"
        self.logger = logger
        deadProducer = Producer(settings: settings, logger: logger)
        consumed = Counter(label: "jari_events_consumed_total", dimensions: [("group", group)])
        dead = Counter(label: "jari_events_dead_total", dimensions: [("group", group)])
        lag = LagGauges(group: group)
    }

    /// Runs until the graceful shutdown: what the consumer has taken is committed, and the group is left. Brokers that
    /// are away are waited for.
    public func run() async throws {
        let stop = stop
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await runUntilStopped()
            } onGracefulShutdown: {
                stop.give()
            }
        } onCancel: {
            stop.give()
        }
        deadProducer.close()
    }

    private func runUntilStopped() async {
        var backOff = BackOff()
        while !stop.isGiven {
            do throws(Fault) {
                try await Topics.prepare(settings, logger: logger)
                let member = try GroupMember(group: group, settings: settings, logger: logger)
                stop.onGiven { member.wake() }
                let fault = await consume(with: member, &backOff)
                stop.onGiven(nil)
                await member.close()
                lag.show([:])
                if let fault { throw fault }
            } catch {
                logger.warning("the consumer group fails, trying again", metadata: ["fault": "\(error)"])
                await stop.sleep(for: backOff.next())
            }
        }
    }

    /// Returns when it is told to stop, or with the fault after which the member is of no use.
    private func consume(with member: GroupMember, _ backOff: inout BackOff) async -> Fault? {
        while !stop.isGiven {
            do throws(Fault) {
                let messages = try await member.poll(countMax: Self.batchMax, limitMs: Self.pollLimitMs)
                if !messages.isEmpty { try await take(messages, with: member, &backOff) }
            } catch {
                return error
            }
            lag.show(await member.lags())
        }
        return nil
    }

    private func take(
        _ messages: [IncomingMessage], with member: GroupMember, _ backOff: inout BackOff
    ) async throws(Fault) {
        do throws(Fault) {
            try await deliver(messages)
            backOff.reset()
            await member.commit(messages, logger: logger)
        } catch {
            logger.warning("events could not be consumed, trying again", metadata: ["fault": "\(error)"])
            // Whoever gets the partitions next begins where the last commit was.
            if stop.isGiven { return }
            try await member.rewind(to: messages)
            lag.show(await member.lags())
            await stop.sleep(for: backOff.next())
        }
    }

    private func deliver(_ messages: [IncomingMessage]) async throws(Fault) {
        let delivery = Delivery(consumer: consumer, stop: stop, logger: logger)
        let poisoned = try await delivery.deliver(messages)
        if !poisoned.isEmpty {
            let letters = DeadLetters(producer: deadProducer, topic: settings.deadLetterTopic, group: group)
            try await letters.add(poisoned)
            dead.increment(by: poisoned.count)
            for (message, reason) in poisoned {
                logger.error(
                    "a message went to the dead letters",
                    metadata: ["place": "\(message.place)", "reason": "\(reason)"])
            }
        }
        consumed.increment(by: messages.count - poisoned.count)
    }
}
