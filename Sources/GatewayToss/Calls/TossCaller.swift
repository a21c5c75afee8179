internal import AsyncHTTPClient
internal import Logging
internal import Metrics
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Synchronization

/// Makes calls of Toss' API: again where that helps, never longer than allowed, and not at all while nobody answers.
final class TossCaller: Sendable {
    /// What a call came to.
    enum Reply {
        /// A whole answer, of whatever status.
        case answer(status: Int, body: [UInt8])
        /// It was sent, and what became of it nobody knows.
        case none(reason: String)
        /// It was not sent, not even once.
        case notSent
    }

    private let settings: TossSettings
    private let client: HTTPClient
    private let authorization: String
    private let breaker: Mutex<CircuitBreaker>
    private let breakerGauge = Gauge(label: "jari_gateway_breaker_open")
    private let logger: Logger

    init(settings: TossSettings, client: HTTPClient, logger: Logger) {
        self.settings = settings
        self.client = client
        self.logger = logger
        authorization = basicAuthorization(user: settings.secretKey)
        breaker = Mutex(
            CircuitBreaker(failureCountMax: settings.failureCountMax, pause: .milliseconds(settings.breakMs)))
    }

    /// When a call that begins now must have ended.
    var deadline: ContinuousClock.Instant { .now.advanced(by: .milliseconds(settings.timeoutMs)) }

    /// Tries until there is an answer that trying again would not change, or until there is no time or try left.
    func send(_ call: TossCall, until deadline: ContinuousClock.Instant) async -> Reply {
        let started = ContinuousClock.now
        let reply = await sendUnmeasured(call, until: deadline)
        Timer(
            label: "jari_gateway_call_seconds",
            dimensions: [("call", call.kind.rawValue), ("outcome", outcome(of: reply))]
        ).recordNanoseconds((ContinuousClock.now - started).nanoseconds)
        return reply
    }

    private func sendUnmeasured(_ call: TossCall, until deadline: ContinuousClock.Instant) async -> Reply {
        var reply = Reply.notSent
        var pauseMs = settings.retryPauseMs
        for attempt in 1...settings.tryCountMax {
            guard deadline > .now, let permit = admit() else { return reply }
            reply = await sendOnce(call, permit, until: deadline)
            guard isPassing(reply), attempt < settings.tryCountMax, !Task.isCancelled else { return reply }
            // From half to one and a half times, so that fans whose calls failed together do not come back together.
            let pause = Duration.milliseconds(Int64.random(in: pauseMs / 2...pauseMs + pauseMs / 2))
            guard ContinuousClock.now + pause < deadline else { return reply }
            do { try await Task.sleep(for: pause) } catch { return reply }
            Counter(label: "jari_gateway_retries_total", dimensions: [("call", call.kind.rawValue)]).increment()
            pauseMs *= 2
        }
        return reply
    }

    private func admit() -> CircuitBreaker.Permit? {
        breaker.withLock { $0.admit(at: .now) }
    }

    private func finish(_ permit: CircuitBreaker.Permit, _ result: CircuitBreaker.Result) {
        let (wasOpen, isOpen) = breaker.withLock { breaker in
            let wasOpen = breaker.isOpen
            breaker.finish(permit, result, at: .now)
            return (wasOpen, breaker.isOpen)
        }
        guard wasOpen != isOpen else { return }
        breakerGauge.record(isOpen ? 1 : 0)
        logger.warning(isOpen ? "the payment gateway does not answer: calls are held back" : "the gateway is back")
    }

    private func sendOnce(
        _ call: TossCall, _ permit: CircuitBreaker.Permit, until deadline: ContinuousClock.Instant
    ) async -> Reply {
        let whole = Duration.milliseconds(settings.tryTimeoutMs)
        let left = max(min(whole, deadline - .now), .milliseconds(1))
        // A try that had a tenth less than its time, or still less, says nothing of the gateway when it is cut off.
        let isShort = left < whole * 9 / 10
        do {
            let response = try await client.execute(request(for: call), timeout: .nanoseconds(left.nanoseconds))
            let body = try await response.body.collect(upTo: call.answerByteCountMax)
            let status = Int(response.status.code)
            finish(permit, status >= 500 ? .failed : .answered)
            return .answer(status: status, body: [UInt8](buffer: body))
        } catch {
            let isCutOff = Task.isCancelled || isShort && .now >= deadline
            finish(permit, isCutOff ? .abandoned : .failed)
            // The client's errors name hosts and time-outs, never headers or bodies.
            logger.info(
                "the payment gateway did not answer", metadata: ["call": "\(call.kind)", "error": "\(error)"])
            return .none(reason: "\(error)")
        }
    }

    private func request(for call: TossCall) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: settings.baseURL + call.path)
        request.method = call.method
        request.headers.add(name: "Authorization", value: authorization)
        request.headers.add(name: "Accept", value: "application/json")
        if let key = call.idempotencyKey { request.headers.add(name: "Idempotency-Key", value: key) }
        if !call.body.isEmpty {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: call.body))
        }
        return request
    }

    /// Whether the same call may get another answer in a moment.
    private func isPassing(_ reply: Reply) -> Bool {
        switch reply {
        case .none: true
        case .answer(let status, let body):
            status >= 500 || status == 429
                || (status == 409 && TossError.code(body) == "IDEMPOTENT_REQUEST_PROCESSING")
        case .notSent: false
        }
    }

    private func outcome(of reply: Reply) -> String {
        switch reply {
        case .answer(let status, _): status < 300 ? "ok" : status < 500 ? "refused" : "failed"
        case .none: "none"
        case .notSent: "notSent"
        }
    }
}

extension Duration {
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
