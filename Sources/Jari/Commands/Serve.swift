internal import ArgumentParser
internal import CoordinationInProcess
internal import Domain
internal import Engine
internal import Foundation
internal import HTTPAPI
internal import Hummingbird
internal import Logging
internal import Metrics
internal import NIOCore
internal import Ports
internal import ServiceLifecycle
internal import UnixSignals

/// `jari serve`: everything in one process.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Sell. / 판매를 시작합니다.")

    /// What is not finished by then is cut off at a shutdown.
    private static let shutdownSeconds: Int64 = 25

    func run() async throws {
        Memory.boundWhatIsKept()
        try await Complaint.orExit {
            let settings = try await Settings.load()
            let registry = PrometheusRegistry()
            MetricsSystem.bootstrap(registry)
            try await serve(settings, registry: registry)
        }
    }

    private func serve(_ settings: Settings, registry: PrometheusRegistry) async throws {
        let logger = settings.logger()
        let clock = SystemClock()
        let opened = try await settings.openStore(clock: clock, logger: logger)
        let gateway = try await Gateway.open(settings, isServing: true, clock: clock, logger: logger)
        do {
            try await sell(settings, opened: opened, gateway: gateway, clock: clock, registry: registry, logger: logger)
        } catch {
            await gateway.close()
            throw error
        }
        await gateway.close()
        try await opened.close()
    }

    /// Sells until it is told to stop.
    private func sell(
        _ settings: Settings, opened: OpenStore, gateway: Gateway, clock: SystemClock, registry: PrometheusRegistry,
        logger: Logger
    ) async throws {
        let box = try await SaleBox(
            settings: settings, opened: opened,
            coordination: try settings.openCoordination(joins: opened.joins, logger: logger), gateway: gateway,
            clock: clock, logger: logger)
        let demoIsNew = try await box.prepare(settings)
        let isListening = Flag()
        let drain = Drain(milliseconds: settings.drainMs)
        let operations = OperationRoutes(
            store: opened.store, others: box.checks,
            files: ServedFiles(
                contract: settings.files + "/openapi.yml", swaggerUI: settings.files + "/.tools/swagger-ui"),
            drain: drain
        ) { registry.exposition() }
        let application = APIServer.application(
            box.api, operations: operations, pages: await pages(in: settings.files, logger: logger),
            settings: ServerSettings(
                host: settings.host, port: settings.port, connectionCountMax: settings.connectionCountMax,
                connectionsPerAddressMax: settings.connectionsPerAddressMax,
                trustedProxies: settings.trustedProxies)
        ) { port in
            isListening.set()
            gateway.weListen(on: port)
            Memory.giveBackSoon()
            Greeting(
                settings: settings, port: port, sandbox: gateway.sandboxAddress,
                madeSandboxKey: gateway.madeSandboxKey, demoIsNew: demoIsNew
            ).say()
        }
        // Stopped from the last to the first: no new requests, then no new work, then the engine when all is done.
        // One that fails, such as a server whose port is taken, stops the others in the same way.
        let limit = ExitLimit(.seconds(Self.shutdownSeconds + 5), logger: logger) { endProcess() }
        var configuration = ServiceGroupConfiguration(
            services: (box.services + [application, drain, limit]).map {
                .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(Self.shutdownSeconds)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw StartError(
                "Port \(settings.port) of \(settings.host) is in use. Stop the other program, or set JARI_PORT.")
        } catch let error where !isListening.isSet {
            throw StartError("Cannot listen on \(settings.host):\(settings.port): \(error)")
        }
    }

    /// The files of `Web/`. Without them the API sells all the same.
    private func pages(in files: String, logger: Logger) async -> WebFiles? {
        do {
            return try await WebFiles(folder: files + "/Web")
        } catch {
            logger.warning(
                "there are no pages: set JARI_FILES to the folder that Web lies in", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

/// Outside of the command, which has an `exit` of its own.
private func endProcess() { exit(1) }
