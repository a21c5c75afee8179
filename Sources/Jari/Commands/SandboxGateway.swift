internal import ArgumentParser
internal import AsyncHTTPClient
internal import CoordinationInProcess
internal import GatewaySandbox
internal import GatewayToss
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// `jari sandbox-gateway`.
struct SandboxGatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox-gateway",
        abstract: "Serve a payment gateway that moves no money. / 실제 돈이 움직이지 않는 결제 게이트웨이를 엽니다.",
        discussion: "It speaks Toss Payments' API, has a page to pay on, and misbehaves as it is told, such as "
            + "--faults timeoutAfterCapture=0.1,webhookRepeat=0.05,seed=7. GET /sandbox/ledger shows its payments, "
            + "PUT /sandbox/faults changes how it misbehaves; both take the secret key as user, without a password.")

    @Option(help: "The address to listen on. / 주소")
    var host = "127.0.0.1"
    @Option(help: "The port; 0 takes a free one. / 포트")
    var port = 0
    @Option(help: "The ledger's file; without one it is kept in memory. / 장부 파일")
    var ledger: String?
    @Option(help: "How it misbehaves. / 오작동 설정")
    var faults = ""
    @Option(name: .customLong("webhook-url"), help: "Who is told of payments. / 웹훅을 받을 주소")
    var webhookURL: String?
    @Option(
        name: .customLong("secret-key"), help: "What callers prove themselves with; without one it makes one. / 시크릿 키")
    var secretKey: String?

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is 0 to 65535.") }
        do throws(SandboxFaults.Mistake) { _ = try SandboxFaults(faults) } catch {
            throw ValidationError(error.description)
        }
        if let webhookURL, !webhookURL.hasPrefix("http://"), !webhookURL.hasPrefix("https://") {
            throw ValidationError("--webhook-url begins with http:// or https://.")
        }
    }

    func run() async throws {
        try await Complaint.orExit {
            var logger = Logger(label: "jari.sandbox")
            logger.logLevel = .notice
            let client = HTTPClient(configuration: TossGateway.clientConfiguration)
            let sandbox: SandboxGateway
            let key = secretKey ?? SandboxSettings.randomSecretKey()
            do throws(SandboxGateway.StartFailure) {
                sandbox = try await SandboxGateway.start(
                    SandboxSettings(
                        host: host, port: port, secretKey: key, ledgerPath: ledger,
                        faults: (try? SandboxFaults(faults)) ?? SandboxFaults(), webhookURL: webhookURL),
                    client: client, clock: SystemClock(), logger: logger)
            } catch {
                try await client.shutdown()
                throw StartError(error.description)
            }
            // Said by a service, since from then on signals are waited for: whoever reads it may end the program.
            let greeting = SandboxGreeting(
                address: sandbox.address, madeKey: secretKey == nil ? key : nil, ledger: ledger, faults: sandbox.faults)
            try await ServiceGroup(
                configuration: .init(
                    services: [sandbox, greeting], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            ).run()
            try await client.shutdown()
        }
    }
}

private struct SandboxGreeting: Service {
    let address: String
    /// Nil when whoever started it knows it.
    let madeKey: String?
    let ledger: String?
    let faults: SandboxFaults

    func run() async throws {
        print("The sandbox gateway listens at \(address)  (stop with Ctrl-C)")
        if let madeKey { print("  secret key   \(madeKey)") }
        print("  ledger       \(ledger ?? "in memory")")
        print("  faults       \(faults)")
        flushOutput()
        try await gracefulShutdown()
    }
}
