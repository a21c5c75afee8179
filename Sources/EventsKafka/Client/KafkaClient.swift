internal import CRdkafka
internal import Logging
internal import Ports
internal import Synchronization

/// A client of librdkafka, which has threads of its own for the network, and the queue on which it tells what happened.
///
/// Polling that queue blocks, so that only a thread kept for it may do it: ``BlockingThread``.
final class KafkaClient: Sendable {
    enum Role {
        case producer, consumer
    }

    /// librdkafka's handles may be used from any thread.
    nonisolated(unsafe) let handle: OpaquePointer
    nonisolated(unsafe) let queue: OpaquePointer
    private let role: Role
    private let logger: Logger
    private let troubles = Mutex(Troubles())

    /// What went wrong since a broker last answered: each kind is logged once and not at every attempt.
    private struct Troubles {
        var told: Set<Int32> = []
        var last: String?
    }

    /// - Parameters:
    ///   - decided: Settings that Jari's promises rest on.
    ///   - defaults: Settings that an operator may change.
    init(
        _ role: Role, settings: KafkaSettings, decided: [String: String] = [:], defaults: [String: String] = [:],
        logger: Logger
    ) throws(Fault) {
        self.role = role
        self.logger = logger
        let configuration: OpaquePointer
        do throws(KafkaSettings.Mistake) {
            configuration = try settings.makeConfiguration(decided, defaults: defaults)
        } catch {
            throw Fault(.unavailable, attempt: "make a Kafka client", reason: error.description)
        }
        rd_kafka_conf_set_events(
            configuration,
            RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR
                | RD_KAFKA_EVENT_LOG)
        var reason = ErrorText()
        let made = reason.fill {
            rd_kafka_new(role == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, configuration, $0, $1)
        }
        guard let made else {
            rd_kafka_conf_destroy(configuration)
            throw Fault(.unavailable, attempt: "make a Kafka client", reason: reason.text)
        }
        handle = made
        if role == .consumer { rd_kafka_poll_set_consumer(handle) }
        let polled = role == .producer ? rd_kafka_queue_get_main(handle) : rd_kafka_queue_get_consumer(handle)
        guard let polled else {
            preconditionFailure("a client of librdkafka without the queue of its role")
        }
        queue = polled
        rd_kafka_set_log_queue(handle, nil)
    }

    /// Blocks until something happened, the limit is over, or ``wake()`` is called; deals with what every client may
    /// be told, and hands on the rest.
    ///
    /// - Returns: Whether anything had happened.
    func poll(limitMs: Int32, _ body: (OpaquePointer) -> Void) -> Bool {
        guard let event = rd_kafka_queue_poll(queue, limitMs) else { return false }
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_LOG: log(event)
        case RD_KAFKA_EVENT_ERROR:
            log(error: event)
            body(event)
        default: body(event)
        }
        return true
    }

    /// Lets a thread that polls return at once.
    func wake() { rd_kafka_queue_yield(queue) }

    /// To be told when a broker has answered.
    func isReached() {
        let before = troubles.withLock { troubles in
            defer { troubles = Troubles() }
            return troubles
        }
        if before.told.contains(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue) { logger.info("Kafka is back") }
    }

    /// The latest that went wrong since a broker last answered, in librdkafka's words.
    var trouble: String? { troubles.withLock { $0.last } }

    /// Blocks until librdkafka's threads have ended, without a farewell to the brokers. Nothing may be called
    /// afterwards.
    func destroy() {
        // What nobody took from the queue would be written to standard error.
        while poll(limitMs: 0, { _ in }) {}
        rd_kafka_queue_destroy(queue)
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    private func log(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 7
        guard rd_kafka_event_log(event, &facility, &text, &level) == 0, let text else { return }
        // By syslog's levels. librdkafka calls every failed attempt to connect an error; what matters comes as an
        // event, and what only happened to this attempt is for whoever looks for it.
        let severity: Logger.Level = level <= 2 ? .error : level <= 5 ? .debug : .trace
        logger.log(level: severity, "librdkafka: \(String(cString: text))")
    }

    private func log(error event: OpaquePointer) {
        let error = rd_kafka_event_error(event)
        var text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? reason(of: error)
        let isNews = troubles.withLock { troubles in
            // That all brokers are down says less than why the last one was.
            if error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
                text = troubles.last ?? text
            } else {
                troubles.last = text
            }
            return troubles.told.insert(error.rawValue).inserted
        }
        switch error {
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            if isNews { logger.warning("Kafka is away, trying again", metadata: ["reason": "\(text)"]) }
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__TIMED_OUT:
            logger.debug("a Kafka broker is not reached", metadata: ["reason": "\(text)"])
        default:
            if isNews { logger.warning("Kafka fails", metadata: ["reason": "\(text)"]) }
        }
    }
}
