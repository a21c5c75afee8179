internal import Configuration
internal import CoordinationRedis
internal import EventsKafka
internal import Foundation
internal import GatewaySandbox
internal import GatewayToss
internal import HTTPAPI
internal import Logging
internal import Mail
internal import SystemPackage

/// A setting that cannot be used. One line names the key and what it should be.
struct SettingError: Error, CustomStringConvertible {
    let lines: [String]
    var description: String { lines.joined(separator: "\n") }
}

/// All settings, checked as a whole before anything starts.
struct Settings: Sendable {
    let host: String
    let port: Int
    let store: StoreAddress
    let storeReplica: String?
    let storeLanes: Int
    let coordination: CoordinationAddress
    let events: EventsAddress
    let gateway: GatewayAddress
    let gatewayTimeoutMs: Int
    let sandboxSecretKey: String?
    let sandboxPort: Int
    let sandboxFaults: SandboxFaults
    let pointsCharge: PointsCharge
    let checkoutSeconds: Int
    /// Nil: no mail is written.
    let mail: MailSettings?
    /// Without a slash at its end.
    let publicURL: String?
    let webhookPrivateTargets: Bool
    let adminEmail: String?
    let adminPassword: String?
    let demo: Bool
    let holdSeconds: Int
    /// Nil: the program keeps its own beside the store.
    let accessKeys: [[UInt8]]?
    let queueKeys: [[UInt8]]?
    let ticketKeys: [[UInt8]]?
    let rateLimitFactor: Double
    let connectionCountMax: Int
    let connectionsPerAddressMax: Int
    let trustedProxies: TrustedProxies
    let queueCapacity: Int
    let drainMs: Int
    let files: String
    let logLevel: Logger.Level
    /// Each setting as it is in force, for `jari config`.
    let values: [(setting: Setting, value: String, isSet: Bool)]

    /// Reads the environment, and the file that JARI_CONFIG names. The environment wins.
    static func load() async throws -> Settings {
        let environment = EnvironmentVariablesProvider()
        var providers: [any ConfigProvider] = [environment]
        if let file = ConfigReader(provider: environment).string(forKey: "jari.config") {
            do {
                providers.append(try await EnvironmentVariablesProvider(environmentFilePath: FilePath(file)))
            } catch {
                throw SettingError(lines: ["JARI_CONFIG: the file \(file) cannot be read."])
            }
        }
        return try Settings(reading: ConfigReader(providers: providers))
    }

    init(reading config: ConfigReader) throws(SettingError) {
        var reader = SettingReader(config: config)
        host = reader.text(.host, standard: "127.0.0.1")
        port = reader.integer(.port, standard: 8080, in: 0...65_535)
        store = reader.store(standard: "sqlite:jari.db")
        storeReplica = reader.optionalText(.storeReplica)
        storeLanes = reader.integer(.storeLanes, standard: 1, in: 1...16)
        coordination = reader.coordination()
        events = reader.events()
        if case .sqlite = store, storeReplica != nil {
            reader.fail(.storeReplica, "only a PostgreSQL store has replicas")
        }
        if case .sqlite = store, case .redis = coordination {
            reader.fail(
                .coordination, "Redis serves several processes, and those need JARI_STORE=postgres://…, not a file")
        }
        gateway = reader.gateway()
        gatewayTimeoutMs = reader.integer(.gatewayTimeoutMs, standard: 15_000, in: 500...60_000)
        sandboxSecretKey = reader.sandboxSecretKey(gateway)
        sandboxPort = reader.integer(.sandboxPort, standard: 0, in: 0...65_535)
        sandboxFaults = reader.sandboxFaults()
        pointsCharge = reader.pointsCharge(gateway: gateway)
        checkoutSeconds = reader.integer(.checkoutSeconds, standard: 300, in: 30...3_600)
        publicURL = reader.publicURL()
        mail = reader.mail(publicURL: publicURL)
        webhookPrivateTargets = reader.boolean(.webhookPrivateTargets, standard: false)
        adminEmail = reader.optionalText(.adminEmail)
        adminPassword = reader.optionalText(.adminPassword)
        if (adminEmail == nil) != (adminPassword == nil) {
            reader.fail(.adminEmail, "set both JARI_ADMIN_EMAIL and JARI_ADMIN_PASSWORD, or neither")
        }
        if let adminEmail, !adminEmail.contains("@") || adminEmail.contains(" ") {
            reader.fail(.adminEmail, "\"\(adminEmail)\" is not an email address")
        }
        if let adminPassword, !(8...128).contains(adminPassword.count) {
            reader.fail(.adminPassword, "it must have 8 to 128 characters")
        }
        // Its passwords are public, so it is never on by itself where others can reach it.
        let isLocal = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        demo = reader.boolean(
            .demo, standard: isLocal && !reader.isSet(.store) && !reader.isSet(.adminEmail))
        holdSeconds = reader.integer(.holdSeconds, standard: 420, in: 10...3_600)
        accessKeys = reader.keys(.accessKeys)
        queueKeys = reader.keys(.queueKeys)
        ticketKeys = reader.keys(.ticketKeys)
        rateLimitFactor = reader.number(.rateLimitFactor, standard: 1, in: 0...1_000_000)
        if rateLimitFactor > 0, rateLimitFactor < 0.001 {
            reader.fail(.rateLimitFactor, "\"\(rateLimitFactor)\" must be 0, or 0.001 or more")
        }
        connectionCountMax = reader.integer(.connectionCountMax, standard: 20_000, in: 1...1_000_000)
        // A mobile carrier has thousands of fans behind one address; four of them leave room for everybody else.
        connectionsPerAddressMax = reader.integer(
            .connectionsPerAddressMax, standard: max(1_000, connectionCountMax / 4), in: 0...1_000_000)
        trustedProxies = reader.trustedProxies()
        queueCapacity = reader.integer(.queueCapacity, standard: 8_192, in: 1...1_000_000)
        drainMs = reader.integer(.drainMs, standard: 500, in: 0...20_000)
        files = reader.text(.files, standard: ".")
        logLevel = reader.logLevel(standard: .notice)
        values = reader.values
        guard reader.failures.isEmpty else { throw SettingError(lines: reader.failures) }
    }
}

/// Reads settings one by one and collects what is wrong with them, so that all of it is said at once.
private struct SettingReader {
    let config: ConfigReader
    private(set) var failures: [String] = []
    private(set) var values: [(setting: Setting, value: String, isSet: Bool)] = []

    init(config: ConfigReader) {
        self.config = config
    }

    func isSet(_ setting: Setting) -> Bool { raw(setting) != nil }

    mutating func fail(_ setting: Setting, _ reason: String) {
        failures.append("\(setting.rawValue): \(reason).")
    }

    mutating func text(_ setting: Setting, standard: String) -> String {
        let value = raw(setting) ?? standard
        note(setting, value)
        return value
    }

    mutating func optionalText(_ setting: Setting) -> String? {
        let value = raw(setting)
        note(setting, value ?? "")
        return value
    }

    mutating func integer(_ setting: Setting, standard: Int, in range: ClosedRange<Int>) -> Int {
        let text = text(setting, standard: String(standard))
        guard let value = Int(text), range.contains(value) else {
            fail(setting, "\"\(text)\" must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return standard
        }
        return value
    }

    mutating func number(_ setting: Setting, standard: Double, in range: ClosedRange<Double>) -> Double {
        let text = text(setting, standard: String(standard))
        guard let value = Double(text), range.contains(value) else {
            fail(setting, "\"\(text)\" must be a number from \(range.lowerBound) to \(range.upperBound)")
            return standard
        }
        return value
    }

    mutating func boolean(_ setting: Setting, standard: Bool) -> Bool {
        let text = text(setting, standard: String(standard))
        guard let value = Bool(text) else {
            fail(setting, "\"\(text)\" must be true or false")
            return standard
        }
        return value
    }

    mutating func store(standard: String) -> StoreAddress {
        let text = raw(.store) ?? standard
        note(.store, text)
        if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") { return .postgres(text) }
        guard text.hasPrefix("sqlite:"), text.count > 7, text != "sqlite::memory:" else {
            fail(.store, "\"\(text.withoutPassword)\" must be sqlite: and the path of a file, or postgres://…")
            return .sqlite("jari.db")
        }
        return .sqlite(String(text.dropFirst(7)))
    }

    mutating func coordination() -> CoordinationAddress {
        let text = text(.coordination, standard: "inprocess")
        if text == "inprocess" { return .inProcess }
        if ["redis://", "rediss://", "redis-sentinel://", "redis-cluster://"].contains(where: text.hasPrefix) {
            do {
                return .redis(try RedisURL(text))
            } catch {
                fail(.coordination, "\(error)")
                return .inProcess
            }
        }
        fail(.coordination, "\"\(text.withoutPassword)\" is not known; it must be inprocess or the address of Redis")
        return .inProcess
    }

    mutating func events() -> EventsAddress {
        let text = text(.events, standard: "inprocess")
        if text == "inprocess" { return .inProcess }
        if text.hasPrefix("kafka://") {
            do throws(KafkaSettings.Mistake) {
                return .kafka(try KafkaSettings(address: text, clientSettings: kafkaClientSettings))
            } catch {
                fail(.events, "\(error)")
                return .inProcess
            }
        }
        fail(.events, "\"\(text.withoutPassword)\" is not known; it must be inprocess or kafka://host:port")
        return .inProcess
    }

    /// What JARI_KAFKA_… variables set of librdkafka, such as passwords.
    private var kafkaClientSettings: [String: String] {
        var settings: [String: String] = [:]
        for (name, value) in ProcessInfo.processInfo.environment {
            if let setting = KafkaSettings.clientSetting(environmentVariable: name) { settings[setting] = value }
        }
        return settings
    }

    mutating func publicURL() -> String? {
        guard let text = optionalText(.publicURL) else { return nil }
        let isWhole = ["http://", "https://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
        guard isWhole, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("?"), !text.contains("#"),
            !text.contains("@")
        else {
            fail(.publicURL, "\"\(text.withoutPassword)\" must be http://host or https://host")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    mutating func mail(publicURL: String?) -> MailSettings? {
        let text = text(.mail, standard: "off")
        let from = optionalText(.mailFrom)
        if text == "off" { return nil }
        do throws(MailSettings.Mistake) {
            return try MailSettings(address: text, from: from, publicURL: publicURL)
        } catch {
            fail(.mail, "\(error)")
            return nil
        }
    }

    mutating func gateway() -> GatewayAddress {
        let kind = text(.gateway, standard: "sandbox")
        let (secret, client) = (optionalText(.tossSecretKey), optionalText(.tossClientKey))
        let tossURL = url(.tossURL) ?? TossSettings.tossURL
        let sandboxURL = url(.sandboxURL)
        switch kind {
        case "sandbox": return .sandbox(url: sandboxURL)
        case "toss":
            if secret == nil { fail(.tossSecretKey, "JARI_GATEWAY=toss needs it") }
            if client == nil { fail(.tossClientKey, "JARI_GATEWAY=toss needs it") }
            return .toss(url: tossURL, secretKey: secret ?? "", clientKey: client ?? "")
        default:
            fail(.gateway, "\"\(kind)\" must be sandbox or toss")
            return .sandbox(url: nil)
        }
    }

    /// An address to which paths are added.
    private mutating func url(_ setting: Setting) -> String? {
        guard let text = optionalText(setting) else { return nil }
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), !text.contains("@"), !text.contains("?") else {
            fail(setting, "\"\(text.withoutPassword)\" must be http://host or https://host")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// One that runs elsewhere has a key already.
    mutating func sandboxSecretKey(_ gateway: GatewayAddress) -> String? {
        guard let key = optionalText(.sandboxSecretKey) else {
            if case .sandbox(url: .some) = gateway {
                fail(.sandboxSecretKey, "JARI_SANDBOX_URL needs it: jari sandbox-gateway says its key")
            }
            return nil
        }
        let isPlain = key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
        guard (8...200).contains(key.count), isPlain else {
            fail(.sandboxSecretKey, "it must be 8 to 200 letters, digits, _ and -")
            return nil
        }
        return key
    }

    mutating func sandboxFaults() -> SandboxFaults {
        guard let text = optionalText(.sandboxFaults) else { return SandboxFaults() }
        do throws(SandboxFaults.Mistake) {
            return try SandboxFaults(text)
        } catch {
            fail(.sandboxFaults, "\(error)")
            return SandboxFaults()
        }
    }

    /// A rehearsal needs no card; where real money is taken, points cost some.
    mutating func pointsCharge(gateway: GatewayAddress) -> PointsCharge {
        let standard: PointsCharge = if case .sandbox = gateway { .direct } else { .gateway }
        let text = text(.pointsCharge, standard: standard.rawValue)
        guard let charge = PointsCharge(rawValue: text) else {
            fail(.pointsCharge, "\"\(text)\" must be direct or gateway")
            return standard
        }
        return charge
    }

    mutating func trustedProxies() -> TrustedProxies {
        guard let text = optionalText(.trustedProxies) else { return TrustedProxies() }
        guard let proxies = TrustedProxies(text) else {
            fail(.trustedProxies, "\"\(text)\" must be addresses and networks such as 10.0.0.0/8, comma between")
            return TrustedProxies()
        }
        return proxies
    }

    mutating func keys(_ setting: Setting) -> [[UInt8]]? {
        guard let text = optionalText(setting) else { return nil }
        var keys: [[UInt8]] = []
        for part in text.split(separator: ",") {
            guard let key = [UInt8](hexadecimal: part), key.count >= 32 else {
                fail(setting, "each key must have 64 hexadecimal digits or more")
                return nil
            }
            keys.append(key)
        }
        if keys.isEmpty { fail(setting, "there must be at least one key") }
        return keys
    }

    mutating func logLevel(standard: Logger.Level) -> Logger.Level {
        let text = text(.logLevel, standard: standard.rawValue)
        guard let level = Logger.Level(rawValue: text) else {
            fail(.logLevel, "\"\(text)\" must be trace, debug, info, notice, warning or error")
            return standard
        }
        return level
    }

    private func raw(_ setting: Setting) -> String? {
        let key = setting.rawValue.lowercased().split(separator: "_").map(String.init)
        let value = config.string(forKey: ConfigKey(key), isSecret: setting.isSecret)
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func note(_ setting: Setting, _ value: String) {
        values.append((setting, value.withoutPassword, isSet(setting)))
    }
}

extension [UInt8] {
    /// The bytes of hexadecimal digits, two a byte; nil when there is anything else.
    init?(hexadecimal text: some StringProtocol) {
        var bytes: [UInt8] = []
        var digits = text.utf8.makeIterator()
        while let high = digits.next() {
            guard let low = digits.next(), let left = Character(Unicode.Scalar(high)).hexDigitValue,
                let right = Character(Unicode.Scalar(low)).hexDigitValue
            else { return nil }
            bytes.append(UInt8(left * 16 + right))
        }
        self = bytes
    }
}
