internal import AsyncHTTPClient
internal import Domain
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
public import Ports

/// Carries webhooks over HTTP.
///
/// The host is looked up for every message, its addresses are checked, and the connection goes to one that was checked
/// (``PinnedClients``): a name whose address changes in between leads nowhere else.
public final class HTTPWebhooks: WebhookTransport {
    private static let limitMs: Int64 = 10_000
    private static let connectSeconds: Int64 = 5
    private static let userAgent = "Jari-Webhooks/1"

    private let allowsPrivateTargets: Bool
    private let limitMs: Int64
    private let resolver: any HostResolver
    private let clients: PinnedClients

    /// - Parameter allowsPrivateTargets: Whether a message may go to addresses that are nobody's on the public Internet,
    ///   and over plain HTTP.
    public convenience init(allowsPrivateTargets: Bool) {
        self.init(allowsPrivateTargets: allowsPrivateTargets, resolver: SystemResolver())
    }

    /// - Parameter tls: Whom to trust; a test has an authority of its own.
    init(
        allowsPrivateTargets: Bool, resolver: any HostResolver, tls: TLSConfiguration = .makeClientConfiguration(),
        limitMs: Int64 = HTTPWebhooks.limitMs
    ) {
        self.allowsPrivateTargets = allowsPrivateTargets
        self.limitMs = limitMs
        self.resolver = resolver
        clients = PinnedClients(
            group: MultiThreadedEventLoopGroup.singleton, tls: tls, connectSeconds: Self.connectSeconds)
    }

    public func close() async {
        await clients.close()
        await resolver.close()
    }

    public func send(_ message: WebhookMessage) async -> WebhookAnswer {
        let clock = ContinuousClock()
        let begun = clock.now
        // Whatever it is that takes long, the name server or an endless answer, it ends here.
        let outcome = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await self.post(message) }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(self.limitMs))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        let ended = outcome ?? Outcome(error: "no answer within \(limitMs / 1000) seconds")
        let durationMs = Int((clock.now - begun) / .milliseconds(1))
        return WebhookAnswer(
            durationMs: durationMs, statusCode: ended.statusCode, error: ended.error, body: ended.body)
    }

    private struct Outcome {
        var statusCode: Int?
        var error: String?
        var body: [UInt8] = []
    }

    private func post(_ message: WebhookMessage) async -> Outcome {
        let url = message.url
        guard url.isSecure || allowsPrivateTargets else { return Outcome(error: "only https addresses are allowed") }
        let addresses: [SocketAddress]
        do throws(HostNotFound) {
            addresses = try await resolver.addresses(of: url.host, port: url.port)
        } catch {
            return Outcome(error: "the host was not found: \(error.reason)")
        }
        let allowed = addresses.filter { allowsPrivateTargets || InternetAddress.isPublic($0.internetBytes) }
        guard !allowed.isEmpty else {
            return Outcome(
                error: addresses.isEmpty
                    ? "the host was not found" : "the host's address is private, and such are not allowed")
        }
        let address = allowed[message.failureCount % allowed.count]
        do {
            let outcome = try await clients.with(host: url.hostInURL, address: address) { client in
                try await Self.exchange(message, over: client)
            }
            return outcome ?? Outcome(error: "the program is ending")
        } catch {
            return Outcome(error: Self.words(for: error))
        }
    }

    private static func exchange(_ message: WebhookMessage, over client: HTTPClient) async throws -> Outcome {
        let id = message.id.description
        let seconds = message.at.milliseconds / 1000
        var request = HTTPClientRequest(url: message.url.text)
        request.method = .POST
        request.headers = [
            "content-type": CloudEvent.contentType,
            "user-agent": userAgent,
            "webhook-id": id,
            "webhook-timestamp": String(seconds),
            "webhook-signature": WebhookSignature.header(
                id: id, seconds: seconds, body: message.payload, secrets: message.secrets),
        ]
        request.body = .bytes(ByteBuffer(bytes: message.payload))
        let response = try await client.execute(request, timeout: .milliseconds(limitMs))
        var outcome = Outcome(statusCode: Int(response.status.code))
        do {
            for try await part in response.body {
                outcome.body += part.readableBytesView.prefix(WebhookAttempt.answerBytesMax - outcome.body.count)
                // What comes after is not waited for: the status is what counts.
                if outcome.body.count >= WebhookAttempt.answerBytesMax { break }
            }
        } catch {
            // It has answered: the status counts, and of the body what has come.
        }
        return outcome
    }

    /// What went wrong, for whoever looks after the endpoint.
    private static func words(for error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout:
            "no connection within \(connectSeconds) seconds"
        case let error as HTTPClientError where error == .remoteConnectionClosed: "the connection was closed"
        case let error as HTTPClientError: "\(error)"
        case is NIOConnectionError, is IOError: "cannot connect: \(error)"
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: "TLS failed: \(error)"
        default: "\(error)"
        }
    }
}

extension WebhookURL {
    /// As AsyncHTTPClient spells the host when it looks it up in its table.
    fileprivate var hostInURL: String { host.contains(":") ? "[\(host)]" : host }
}
