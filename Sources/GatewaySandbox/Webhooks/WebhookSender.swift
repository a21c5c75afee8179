internal import AsyncHTTPClient
internal import Domain
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle
internal import Synchronization

/// Sends webhooks, and loses, repeats, delays and reorders those that are to suffer it.
///
/// Those of one payment leave in order, unless that is what goes wrong with them. What has not arrived when the program
/// ends never does: webhooks are hints, and whoever waits for one asks the API.
final class WebhookSender: Service {
    struct Delivery: Sendable {
        /// The same for all tries and repetitions.
        let id: String
        let paymentKey: String
        let body: [UInt8]
        let misfortunes: Set<WebhookMisfortune>
    }

    /// Webhooks that have not arrived. Further ones are lost.
    static let waitingCountMax = 10_000
    /// Tries of one webhook after the first, as with Toss.
    static let retryCountMax = 7
    private static let laneCount = 8

    private struct State {
        var url: String?
        var isEnding = false
        var waitingCount = 0
        var serial = 0
        /// By payment: the one that waits for the next.
        var held: [String: Delivery] = [:]
    }

    private let state: Mutex<State>
    private let dice: FaultDice
    private let client: HTTPClient
    private let firstRetryMs: Int64
    private let logger: Logger
    private let lanes: [(stream: AsyncStream<Delivery>, continuation: AsyncStream<Delivery>.Continuation)]

    /// - Parameter firstRetryMs: The pause before the first further try; each one after that is four times as long, up
    ///   to a minute.
    init(url: String?, dice: FaultDice, firstRetryMs: Int64, client: HTTPClient, logger: Logger) {
        state = Mutex(State(url: url))
        self.dice = dice
        self.firstRetryMs = firstRetryMs
        self.client = client
        self.logger = logger
        lanes = (0..<Self.laneCount).map { _ in
            // Bounded by `waitingCountMax`.
            AsyncStream.makeStream(of: Delivery.self, bufferingPolicy: .unbounded)
        }
    }

    /// Nil sends none.
    var url: String? {
        get { state.withLock { $0.url } }
        set { state.withLock { $0.url = newValue } }
    }

    /// Takes a payment's new state to be told.
    func tell(_ payment: SandboxPayment, misfortunes: Set<WebhookMisfortune>, at now: Timestamp) {
        let serial = state.withLock { state -> Int? in
            guard state.url != nil else { return nil }
            guard state.waitingCount < Self.waitingCountMax else { return nil }
            state.waitingCount += 1
            state.serial += 1
            return state.serial
        }
        guard let serial else { return }
        let delivery = Delivery(
            id: "whtrans_\(now.milliseconds)_\(serial)", paymentKey: payment.paymentKey,
            body: encoded(WebhookBody(payment, at: now)), misfortunes: misfortunes)
        lanes[lane(of: payment.paymentKey)].continuation.yield(delivery)
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for lane in lanes { group.addTask { await self.work(lane.stream) } }
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isEnding = true }
            for lane in self.lanes { lane.continuation.finish() }
        }
    }

    private func work(_ stream: AsyncStream<Delivery>) async {
        await withDiscardingTaskGroup { group in
            for await delivery in stream {
                // A receiver that does not answer would hold up the end for as long as there are webhooks.
                if delivery.misfortunes.contains(.lost) || state.withLock({ $0.isEnding }) {
                    forget(delivery)
                    continue
                }
                if delivery.misfortunes.contains(.late) {
                    group.addTask {
                        guard await self.pause(seconds: self.dice.faults.lateSeconds) else { return }
                        await self.send(delivery)
                    }
                    continue
                }
                if delivery.misfortunes.contains(.reordered), hold(delivery) {
                    // There may never be a next one.
                    group.addTask {
                        guard await self.pause(seconds: self.dice.faults.lateSeconds),
                            let held = self.takeHeld(delivery.paymentKey, if: delivery.id)
                        else { return }
                        await self.send(held)
                    }
                    continue
                }
                await deliver(delivery, retryingIn: &group)
                if let held = takeHeld(delivery.paymentKey) { await deliver(held, retryingIn: &group) }
            }
            // The program ends: nobody waits for what is late.
            group.cancelAll()
        }
    }

    /// The first try now; further ones beside the lane, so that one that fails does not hold up the others.
    private func deliver(_ delivery: Delivery, retryingIn group: inout DiscardingTaskGroup) async {
        if await post(delivery, retry: 0) {
            if delivery.misfortunes.contains(.repeated) { _ = await post(delivery, retry: 0) }
            forget(delivery)
        } else {
            group.addTask { await self.send(delivery, from: 1) }
        }
    }

    private func send(_ delivery: Delivery, from first: Int = 0) async {
        defer { forget(delivery) }
        for retry in first...Self.retryCountMax {
            if retry > 0 {
                let factor = Int64(1) << min(2 * (retry - 1), 30)
                let ms = min(firstRetryMs.multipliedReportingOverflow(by: factor).partialValue, 60_000)
                guard await pause(seconds: Double(ms) / 1000) else { return }
            }
            if await post(delivery, retry: retry) {
                if delivery.misfortunes.contains(.repeated) { _ = await post(delivery, retry: retry) }
                return
            }
        }
        logger.warning("a webhook never arrived", metadata: ["webhook": "\(delivery.id)"])
    }

    /// Whether it was taken: answered with 2xx within ten seconds.
    private func post(_ delivery: Delivery, retry: Int) async -> Bool {
        guard let url else { return true }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "tosspayments-webhook-transmission-id", value: delivery.id)
        request.headers.add(name: "tosspayments-webhook-transmission-retried-count", value: String(retry))
        request.body = .bytes(ByteBuffer(bytes: delivery.body))
        do {
            let response = try await client.execute(request, timeout: .seconds(10))
            // Read to its end, so that the connection can be used again.
            _ = try await response.body.collect(upTo: 64 * 1024)
            return (200..<300).contains(response.status.code)
        } catch {
            logger.debug("a webhook was not taken", metadata: ["webhook": "\(delivery.id)", "error": "\(error)"])
            return false
        }
    }

    /// False when the program ends meanwhile.
    private func pause(seconds: Double) async -> Bool {
        do {
            try await Task.sleep(for: .seconds(seconds))
            return true
        } catch {
            return false
        }
    }

    private func forget(_: Delivery) {
        state.withLock { $0.waitingCount -= 1 }
    }

    /// False when one of this payment waits already: two would only change places.
    private func hold(_ delivery: Delivery) -> Bool {
        state.withLock { state in
            guard state.held[delivery.paymentKey] == nil else { return false }
            state.held[delivery.paymentKey] = delivery
            return true
        }
    }

    private func takeHeld(_ paymentKey: String, if id: String? = nil) -> Delivery? {
        state.withLock { state in
            guard let held = state.held[paymentKey], id == nil || held.id == id else { return nil }
            state.held[paymentKey] = nil
            return held
        }
    }

    private func lane(of paymentKey: String) -> Int {
        // Its own sum: Swift's hashes differ from run to run, and a seed is to make the same again.
        paymentKey.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % Self.laneCount
    }
}
