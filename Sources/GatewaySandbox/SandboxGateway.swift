public import AsyncHTTPClient
internal import Hummingbird
public import Logging
internal import NIOCore
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// A payment gateway for development and tests: a server that speaks Toss Payments' API with a ledger of its own and a
/// page to pay on, takes test cards, and misbehaves on demand. It moves no money.
///
/// It listens from ``start(_:client:clock:logger:)`` on, so that its address is known to whoever is to call it, and
/// serves until its ``run()`` is told to end.
public final class SandboxGateway: Service {
    /// Why it cannot start.
    public struct StartFailure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Without a slash at its end.
    public let address: String
    public let port: Int

    private let bank: Bank
    private let group: ServiceGroup
    private let serving: Task<Void, any Error>

    private init(address: String, port: Int, bank: Bank, group: ServiceGroup, serving: Task<Void, any Error>) {
        self.address = address
        self.port = port
        self.bank = bank
        self.group = group
        self.serving = serving
    }

    /// Opens the ledger and begins to listen.
    ///
    /// - Parameter client: Sends the webhooks. Shared with others, and ended by its owner after the sandbox.
    public static func start(
        _ settings: SandboxSettings, client: HTTPClient, clock: any WallClock, logger: Logger
    ) async throws(StartFailure) -> SandboxGateway {
        let dice = FaultDice(settings.faults)
        let webhooks = WebhookSender(
            url: settings.webhookURL, dice: dice, firstRetryMs: settings.webhookRetryMs, client: client, logger: logger)
        let bank: Bank
        do {
            bank = try Bank(
                path: settings.ledgerPath, paymentCountMax: settings.paymentCountMax, dice: dice, webhooks: webhooks,
                clock: clock)
        } catch {
            throw StartFailure(description: error.description)
        }
        let (ports, portFound) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let application = Application(
            router: SandboxRoutes(bank: bank, secretKey: settings.secretKey, logger: logger).router,
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "jari-sandbox",
                availableConnectionsDelegate: .maximum(settings.connectionCountMax, logger: logger)),
            onServerRunning: { channel in
                portFound.yield(channel.localAddress?.port ?? settings.port)
                portFound.finish()
            },
            eventLoopGroupProvider: .singleton, logger: logger)
        // It has a group of its own, since it runs before the program's services do.
        let services: [any Service] = [webhooks, application]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                logger: logger))
        let serving = Task {
            defer {
                bank.close()
                portFound.finish()
            }
            try await group.run()
        }
        for await port in ports {
            // A server that listens everywhere is found on this machine.
            let host = ["0.0.0.0", "::"].contains(settings.host) ? "127.0.0.1" : settings.host
            let shown = host.contains(":") ? "[\(host)]" : host
            return SandboxGateway(
                address: "http://\(shown):\(port)", port: port, bank: bank, group: group, serving: serving)
        }
        let reason: String
        do {
            try await serving.value
            reason = "it ended at once"
        } catch {
            reason = "\(error)"
        }
        throw StartFailure(
            description: "the sandbox gateway cannot listen on \(settings.host):\(settings.port): \(reason)")
    }

    /// Serves until a graceful shutdown, or until the task is cancelled.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await serving.value
            } onGracefulShutdown: {
                self.end()
            }
        } onCancel: {
            serving.cancel()
        }
    }

    /// Ends it and waits until its port and its ledger are free again.
    public func stop() async {
        end()
        _ = await serving.result
    }

    private func end() {
        Task { await group.triggerGracefulShutdown() }
    }

    /// Who is told of changes from now on; nil tells nobody.
    public var webhookURL: String? {
        get { bank.webhooks.url }
        set { bank.webhooks.url = newValue }
    }

    /// How it misbehaves from now on.
    public var faults: SandboxFaults {
        get { bank.dice.faults }
        set { bank.dice.faults = newValue }
    }
}
