internal import AsyncHTTPClient
internal import Domain
internal import GatewaySandbox
internal import GatewayToss
internal import HTTPAPI
internal import Logging
internal import Ports
internal import ServiceLifecycle

/// Who takes card payments, and what must run for it.
struct Gateway {
    let toss: TossGateway
    /// Nil when it runs elsewhere.
    let sandbox: SandboxGateway?
    /// The key that our sandbox made for itself, for this start only.
    let madeSandboxKey: String?
    /// More than a call takes before it is given up.
    let tryMs: Int
    private let settings: Settings
    private let client: HTTPClient

    /// The page of ours that opens Toss Payments' one. Browsers are sent to the sandbox's own directly.
    var checkoutPage: CheckoutPage? {
        guard case .toss(_, _, let clientKey) = settings.gateway else { return nil }
        return CheckoutPage(
            html: TossCheckoutPage.html(
                clientKey: clientKey, scriptPath: CheckoutPage.scriptPath, stylesPath: CheckoutPage.stylesPath),
            script: TossCheckoutPage.script, styles: TossCheckoutPage.styles,
            policy: TossCheckoutPage.contentSecurityPolicy)
    }

    var sandboxAddress: String? { sandbox?.address }

    var services: [any Service] { sandbox.map { [$0] } ?? [] }

    /// - Parameter isServing: Whether the sandbox is to be started if it is ours.
    static func open(
        _ settings: Settings, isServing: Bool, clock: any WallClock, logger: Logger
    ) async throws(StartError) -> Gateway {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: TossGateway.clientConfiguration)
        do throws(StartError) {
            return try await open(settings, client: client, isServing: isServing, clock: clock, logger: logger)
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private static func open(
        _ settings: Settings, client: HTTPClient, isServing: Bool, clock: any WallClock, logger: Logger
    ) async throws(StartError) -> Gateway {
        var sandbox: SandboxGateway?
        var madeSandboxKey: String?
        let baseURL: String
        let secretKey: String
        switch settings.gateway {
        case .toss(let url, let secret, _): (baseURL, secretKey) = (url, secret)
        case .sandbox(let url?):
            guard let key = settings.sandboxSecretKey else {
                throw StartError("JARI_SANDBOX_SECRET_KEY: set it to what jari sandbox-gateway says or was given.")
            }
            (baseURL, secretKey) = (url, key)
        case .sandbox(nil):
            guard isServing else {
                throw StartError(
                    "JARI_SANDBOX_URL and JARI_SANDBOX_SECRET_KEY: set them to where the sandbox gateway is and to its key. "
                        + "jari serve prints the address, and the key if it was given none.")
            }
            do throws(SandboxGateway.StartFailure) {
                let chosen = settings.sandboxSettings
                let started = try await SandboxGateway.start(chosen, client: client, clock: clock, logger: logger)
                sandbox = started
                if settings.sandboxSecretKey == nil { madeSandboxKey = chosen.secretKey }
                (baseURL, secretKey) = (started.address, chosen.secretKey)
            } catch {
                throw StartError(error.description)
            }
        }
        let timeoutMs = Int64(settings.gatewayTimeoutMs)
        let toss = TossGateway(
            settings: TossSettings(
                baseURL: baseURL, secretKey: secretKey,
                checkout: settings.checkout(gatewayURL: baseURL, ownPort: settings.port),
                // The second try finds out what the first one did.
                tryTimeoutMs: max(timeoutMs / 3, 1), timeoutMs: timeoutMs),
            client: client, logger: logger)
        return Gateway(
            toss: toss, sandbox: sandbox, madeSandboxKey: madeSandboxKey, tryMs: settings.gatewayTimeoutMs + 2_000,
            settings: settings, client: client)
    }

    /// Tells the gateway's pages and webhooks where we are.
    ///
    /// - Parameter port: The one that the server listens on.
    func weListen(on port: Int) {
        toss.checkout = settings.checkout(gatewayURL: sandbox?.address ?? settings.sandboxURL ?? "", ownPort: port)
        sandbox?.webhookURL = "\(settings.ownURL(port: port))/api/v1/webhooks/payments"
    }

    /// Must be called once, whatever happened since it was opened.
    func close() async {
        await sandbox?.stop()
        try? await client.shutdown()
    }
}

extension Settings {
    /// Where a sandbox runs that is not ours.
    fileprivate var sandboxURL: String? {
        if case .sandbox(let url) = gateway { url } else { nil }
    }

    fileprivate var sandboxSettings: SandboxSettings {
        var ledgerPath: String?
        // Several processes may share a database, and none of them has the sandbox to itself: JARI_SANDBOX_URL does.
        if case .sqlite(let path) = store { ledgerPath = path + ".sandbox" }
        return SandboxSettings(
            host: host, port: sandboxPort, secretKey: sandboxSecretKey ?? SandboxSettings.randomSecretKey(),
            ledgerPath: ledgerPath, faults: sandboxFaults)
    }

    /// Where this process is reached from this machine.
    fileprivate func ownURL(port: Int) -> String {
        let reachable = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host
        return "http://\(reachable.contains(":") ? "[\(reachable)]" : reachable):\(port)"
    }

    fileprivate func checkout(gatewayURL: String, ownPort port: Int) -> TossCheckout {
        let home = publicURL ?? ownURL(port: port)
        let page: String
        switch gateway {
        case .toss: page = home + "/checkout"
        case .sandbox: page = gatewayURL + "/checkout"
        }
        return TossCheckout(
            pageURL: page, successURL: home + "/checkout/success", failURL: home + "/checkout/fail")
    }
}

extension Settings {
    /// A fan may begin to pay until the hold's end, and then has the time of two pages at the most.
    var paymentPolicy: PaymentPolicy {
        PaymentPolicy(
            checkoutSeconds: checkoutSeconds, checkoutCapSeconds: holdSeconds + 2 * checkoutSeconds,
            captureSeconds: 10 + 2 * gatewayTimeoutMs / 1000)
    }
}
