import CoordinationInProcess
import Domain
import Engine
import Foundation
import HTTPTypes
import Logging
import Ports
import StoreSQLite
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("The routes")
struct RoutesTests {
    /// All routes, over a fresh store that nobody asks.
    private func routes(in folder: URL) async throws -> Routes {
        let clock = SimulatedClock()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try SQLiteStore(path: folder.appending(path: "jari.db").path(), clock: clock, logger: logger)
        let broadcast = InProcessBroadcast()
        let room = InProcessWaitingRoom()
        let engine = Engine(store: store, broadcast: broadcast, clock: clock, logger: logger)
        let doorkeeper = Doorkeeper(
            engine: engine, store: store, room: room, broadcast: broadcast, leases: InProcessLeases(), clock: clock,
            logger: logger)
        let secret = [UInt8](repeating: 7, count: 32)
        let policy = PaymentPolicy(checkoutSeconds: 600, checkoutCapSeconds: 1_800, captureSeconds: 60)
        let parts = APIDependencies(
            engine: engine,
            payments: PaymentDesk(
                engine: engine, store: store, gateway: NoGateway(), policy: policy, tryMs: 1_000, clock: clock,
                logger: logger),
            store: store,
            catalog: CatalogDesk(store: store, engine: engine, doorkeeper: doorkeeper, clock: clock, ids: IDMint()),
            webhooks: WebhookDesk(
                store: store, webhooks: store,
                fanOut: WebhookFanOut(
                    store: store, webhooks: store, clock: clock, ids: IDMint(), nudge: WakeUp()),
                clock: clock, ids: IDMint(), nudge: WakeUp(), allowsPrivateTargets: false),
            doorkeeper: doorkeeper, room: room, gate: InProcessSeatGate(), limiter: InProcessRateLimiter(),
            broadcast: broadcast, clock: clock, ids: IDMint(), accessTokens: await AccessTokens(secrets: [secret]),
            queueTokens: QueueTokens(secrets: [secret]), ticketSigner: TicketSigner(secrets: [secret]),
            passwords: PasswordHasher(), limits: RateLimits(factor: 0),
            holdSeconds: 420, chargesDirectly: true, checkoutPage: nil, isPublicURLSecure: false, logger: logger)
        let files = ServedFiles(contract: "", swaggerUI: "")
        return Routes(
            parts, operations: OperationRoutes(store: store, files: files, drain: Drain(milliseconds: 0)) { "" },
            pages: nil)
    }

    private static let filePrefixes = ["GET /docs/assets/", "GET /checkout/assets/"]

    @Test("They are those of openapi.yml, each once")
    func contract() async throws {
        let folder = URL.temporaryDirectory.appending(path: "jari-routes-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let endpoints = try await routes(in: folder).endpoints.map { endpoint in
            endpoint.method.rawValue + " " + Contract.withoutNames(endpoint.path)
        }
        #expect(Set(endpoints).count == endpoints.count)
        let documented = try Contract.calls()
        #expect(documented.count > 50, "openapi.yml is not read rightly")
        // The contract leaves out on purpose: the files of Swagger UI and of the checkout page, and the pages.
        let undocumented = Set(endpoints).subtracting(documented)
            .filter { call in !Self.filePrefixes.contains { call.hasPrefix($0) } }
        let pages = PageRoutes.fanPaths + [PageRoutes.staffPath, PageRoutes.assetsPath]
        #expect(undocumented.subtracting(pages.map { "GET " + Contract.withoutNames($0) }) == [])
        #expect(documented.subtracting(endpoints) == [])
    }
}

/// Stands where the routes want a gateway that nobody asks.
private struct NoGateway: PaymentGateway {
    var name: String { "none" }
    func checkoutURL(for order: CheckoutOrder) -> String { "" }
    func capture(_ order: CaptureOrder, until deadline: ContinuousClock.Instant?) async -> CaptureResult { .unknown }
    func payment(key: String, until deadline: ContinuousClock.Instant?) async throws(Fault) -> GatewayPayment? { nil }
    func payment(orderID: PaymentID, until deadline: ContinuousClock.Instant?) async throws(Fault) -> GatewayPayment? {
        nil
    }
    func refund(_ order: RefundOrder) async -> RefundResult { .unknown }
    func transactions(from: Timestamp, until: Timestamp, after: String?, limit: Int) async throws(Fault)
        -> [GatewayTransaction]
    { [] }
}
