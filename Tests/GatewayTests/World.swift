import AsyncHTTPClient
import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import Logging
import NIOCore
import NIOHTTP1
import Ports
import Synchronization
import TestSupport
import Testing

/// One client for all tests; it ends with the process. It waits longer for a connection, since all tests run at once.
let sharedClient: HTTPClient = {
    var configuration = TossGateway.clientConfiguration
    configuration.timeout.connect = .seconds(30)
    return HTTPClient(configuration: configuration)
}()

/// A sandbox on a free port, and a gateway that calls it over the loopback.
struct World {
    let sandbox: SandboxGateway
    /// As the test wants it.
    let gateway: TossGateway
    /// The same with time enough for a busy machine: for what a test does not measure.
    let patient: TossGateway
    let clock: SimulatedClock
    let secretKey: String

    /// Pauses are short, so that tests are; time-outs are long, so that a busy machine does not make one.
    static func settings(
        _ address: String, secretKey: String = "test_sk"
    ) -> TossSettings {
        TossSettings(
            baseURL: address, secretKey: secretKey,
            checkout: TossCheckout(
                pageURL: address + "/checkout", successURL: "http://shop.example/paid?lang=ko",
                failURL: "http://shop.example/failed"),
            tryTimeoutMs: 10_000, timeoutMs: 20_000, tryCountMax: 6, retryPauseMs: 20)
    }

    static func with(
        _ settings: SandboxSettings = SandboxSettings(), faults: String = "",
        gateway change: (inout TossSettings) -> Void = { _ in }, logger: Logger = quiet,
        _ body: (World) async throws -> Void
    ) async throws {
        var settings = settings
        settings.faults = try SandboxFaults(faults)
        let clock = SimulatedClock()
        let sandbox = try await SandboxGateway.start(settings, client: sharedClient, clock: clock, logger: logger)
        var tossSettings = World.settings(sandbox.address, secretKey: settings.secretKey)
        change(&tossSettings)
        let world = World(
            sandbox: sandbox, gateway: TossGateway(settings: tossSettings, client: sharedClient, logger: logger),
            patient: TossGateway(
                settings: World.settings(sandbox.address, secretKey: settings.secretKey), client: sharedClient,
                logger: logger),
            clock: clock, secretKey: settings.secretKey)
        let result = await Result { try await body(world) }
        await sandbox.stop()
        try result.get()
    }

    /// What a fan does on the page: goes there, enters a card, and comes back with a payment key.
    func pay(_ orderID: PaymentID, _ amount: Int64 = 50_000, card: TestCard = .good) async throws -> CaptureOrder {
        let url = gateway.checkoutURL(for: CheckoutOrder(orderID: orderID, amount: Won(amount), title: "R석 2매"))
        let page = try await get(url)
        try #require(page.status == 200, "\(page.text)")
        var fields = try query(of: url)
        fields["cardNumber"] = card.rawValue
        let answer = try await post("/checkout", form: fields)
        try #require(answer.status == 303, "\(answer.text)")
        let back = try query(of: try #require(answer.headers.first(name: "Location")))
        let key = try #require(back["paymentKey"])
        #expect(back["orderId"] == orderID.description && back["amount"] == String(amount))
        return CaptureOrder(orderID: orderID, paymentKey: key, amount: Won(amount))
    }

    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let text: String
    }

    func get(_ url: String, user: String? = nil) async throws -> Answer {
        try await send(.GET, url, user: user)
    }

    func post(_ path: String, form: [String: String]) async throws -> Answer {
        let text = form.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
        return try await send(
            .POST, sandbox.address + path, body: text, headers: ["Content-Type": "application/x-www-form-urlencoded"])
    }

    func send(
        _ method: HTTPMethod, _ url: String, body: String? = nil, headers: HTTPHeaders = [:], user: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if let user { request.setBasicAuth(username: user, password: "") }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await sharedClient.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, text: String(buffer: bytes))
    }

    /// The sandbox's ledger as a program that compares ledgers reads it.
    func ledger() async throws -> LedgerView {
        let answer = try await get(sandbox.address + "/sandbox/ledger", user: secretKey)
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONDecoder().decode(LedgerView.self, from: Data(answer.text.utf8))
    }
}

struct LedgerView: Decodable {
    struct Entry: Decodable {
        let paymentKey: String
        let orderId: String
        let status: String
        let amount: Int64
        let captured: Int64
        let refunded: Int64
        let captureCount: Int
    }

    struct Totals: Decodable {
        let payments: Int
        let captured: Int64
        let refunded: Int64
        let captureCountMax: Int
    }

    let payments: [Entry]
    let totals: Totals
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The fields of an address' query, decoded.
func query(of url: String) throws -> [String: String] {
    let items = try #require(URLComponents(string: url)?.queryItems)
    return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
}

func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
}

extension Result where Failure == any Error {
    init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}

/// A log that a test reads.
final class LogBook: LogHandler {
    private let written = Mutex([String]())
    var lines: [String] { written.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        written.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
