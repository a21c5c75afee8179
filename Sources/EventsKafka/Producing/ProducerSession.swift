internal import CRdkafka
internal import Logging
internal import Ports
internal import Synchronization

/// One idempotent producer, from its making to the first message that fails.
///
/// What a session delivers is, for each key, an unbroken beginning of what it was given: nothing is sent after a
/// message that was not delivered. Whoever then sends everything again, in another session, may make doubles, but no
/// event can overtake an earlier one of its subject that nobody has seen yet. That is why a session ends with its
/// first failure: librdkafka giving up on one message after its own time-out could let the next one through, so it has
/// none, and the limit is kept here.
final class ProducerSession: Sendable {
    /// Messages that were given together and are answered together.
    private struct Sending {
        var unansweredCount: Int
        let deadline: ContinuousClock.Instant
        let answer: CheckedContinuation<Result<Void, Fault>, Never>
    }

    private struct State {
        var sendings: [Int: Sending] = [:]
        var lastNumber = 0
        /// Calls that are handing messages to the client, which must not go away meanwhile.
        var handingOverCount = 0
        /// Why nothing more is sent.
        var end: String?
    }

    private static let attempt = "send events to Kafka"
    private static let pollLimitMs: Int32 = 100

    private let client: KafkaClient
    private let limit: Duration
    private let state = Mutex(State())

    init(settings: KafkaSettings, logger: Logger) throws(Fault) {
        limit = settings.appendLimit
        client = try KafkaClient(
            .producer, settings: settings,
            decided: [
                "acks": "all",
                "enable.idempotence": "true",
                // A message that the brokers refuse for good ends the session instead of being left out.
                "enable.gapless.guarantee": "true",
                // No time-out: see above.
                "message.timeout.ms": "0",
            ],
            defaults: ["partitioner": "murmur2_random", "linger.ms": "5"], logger: logger)
        BlockingThread(named: "kafka-producer").start { self.listen() }
    }

    /// Whether it has failed, or was ended.
    var isOver: Bool { state.withLock { $0.end != nil } }

    /// Returns when the brokers have acknowledged all messages. Does not end early when its task is cancelled: nobody
    /// would know what was delivered.
    func send(_ messages: [OutgoingMessage]) async throws(Fault) {
        guard !messages.isEmpty else { return }
        let result = await withCheckedContinuation { answer in
            let sending = Sending(
                unansweredCount: messages.count, deadline: .now.advanced(by: limit), answer: answer)
            let number = state.withLock { state -> Int? in
                guard state.end == nil else { return nil }
                state.lastNumber += 1
                state.handingOverCount += 1
                state.sendings[state.lastNumber] = sending
                return state.lastNumber
            }
            guard let number else {
                answer.resume(returning: .failure(fault("the session is over")))
                return
            }
            defer { state.withLock { $0.handingOverCount -= 1 } }
            for message in messages where !isOver {
                let error = produce(message, number: number)
                guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    end(because: reason(of: error))
                    return
                }
            }
        }
        try result.get()
    }

    /// Gives up what was not acknowledged. Its callers are told, and it is over.
    func end(because why: String) {
        let waiting = state.withLock { state -> [Sending] in
            guard state.end == nil else { return [] }
            state.end = why
            // Inside the lock: once it is open, the client's thread may see the end and destroy the client.
            client.wake()
            defer { state.sendings = [:] }
            return Array(state.sendings.values)
        }
        for sending in waiting { sending.answer.resume(returning: .failure(fault(why))) }
    }

    // MARK: On its own thread

    private func listen() {
        while !isOver {
            _ = client.poll(limitMs: Self.pollLimitMs) { event in
                if rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR {
                    hear(event)
                } else if rd_kafka_event_error_is_fatal(event) != 0 {
                    end(because: rd_kafka_event_error_string(event).map { String(cString: $0) } ?? "fatal error")
                }
            }
            let isLate = state.withLock { state in
                state.sendings.values.contains { $0.deadline <= .now }
            }
            if isLate { end(because: "not acknowledged within \(limit)" + (client.trouble.map { ": \($0)" } ?? "")) }
        }
        while state.withLock({ $0.handingOverCount > 0 }) { _ = client.poll(limitMs: 1) { _ in } }
        // What was not sent yet never is: its caller has been told that it failed.
        rd_kafka_purge(client.handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
        client.destroy()
    }

    private func hear(_ event: OpaquePointer) {
        var messages = [UnsafePointer<rd_kafka_message_t>?](
            repeating: nil, count: rd_kafka_event_message_count(event))
        let count = rd_kafka_event_message_array(event, &messages, messages.count)
        var failure: String?
        var done: [Sending] = []
        state.withLock { state in
            for message in messages.prefix(count) {
                guard let message = message?.pointee else { continue }
                guard message.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    failure = failure ?? reason(of: message.err)
                    continue
                }
                let number = Int(bitPattern: message._private)
                state.sendings[number]?.unansweredCount -= 1
                if state.sendings[number]?.unansweredCount == 0,
                    let sending = state.sendings.removeValue(forKey: number)
                {
                    done.append(sending)
                }
            }
        }
        for sending in done { sending.answer.resume(returning: .success(())) }
        if let failure { end(because: failure) } else { client.isReached() }
    }

    // MARK: How

    private func produce(_ message: OutgoingMessage, number: Int) -> rd_kafka_resp_err_t {
        let headers = rd_kafka_headers_new(message.headers.count)
        for (name, value) in message.headers {
            _ = value.withUnsafeBytes { rd_kafka_header_add(headers, name, -1, $0.baseAddress, $0.count) }
        }
        let error = message.topic.withCString { topic in
            withBytes(of: message.key) { key in
                withBytes(of: message.value) { value in
                    var fields = [rd_kafka_vu_t](repeating: rd_kafka_vu_t(), count: 6)
                    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC
                    fields[0].u.cstr = topic
                    fields[1].vtype = RD_KAFKA_VTYPE_KEY
                    fields[1].u.mem.ptr = UnsafeMutableRawPointer(mutating: key.baseAddress)
                    fields[1].u.mem.size = key.count
                    fields[2].vtype = RD_KAFKA_VTYPE_VALUE
                    fields[2].u.mem.ptr = UnsafeMutableRawPointer(mutating: value.baseAddress)
                    fields[2].u.mem.size = value.count
                    fields[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS
                    fields[3].u.i = RD_KAFKA_MSG_F_COPY
                    fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE
                    fields[4].u.ptr = UnsafeMutableRawPointer(bitPattern: number)
                    fields[5].vtype = RD_KAFKA_VTYPE_HEADERS
                    fields[5].u.headers = headers
                    return rd_kafka_produceva(client.handle, fields, fields.count)
                }
            }
        }
        guard let error else { return RD_KAFKA_RESP_ERR_NO_ERROR }
        defer { rd_kafka_error_destroy(error) }
        // A message that was taken has taken its headers too.
        rd_kafka_headers_destroy(headers)
        return rd_kafka_error_code(error)
    }

    private func withBytes<Result>(of bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let bytes else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return bytes.withUnsafeBytes(body)
    }

    private func fault(_ reason: String) -> Fault { Fault(.unavailable, attempt: Self.attempt, reason: reason) }
}
