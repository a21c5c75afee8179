/// The address of an endpoint: `https://host[:port]/path?query`, nothing else.
///
/// It is read strictly, so that whoever checks it and whoever connects cannot understand it differently: no user, no
/// fragment, no escapes or other alphabets in the host (which DNS spells `xn--…`).
public struct WebhookURL: Hashable, Sendable {
    public static let lengthMax = 2_000

    /// As it is sent: scheme and host in lower case.
    public let text: String
    public let isSecure: Bool
    /// A name, or an address as it is written, of version 6 without its brackets.
    public let host: String
    public let port: Int
    /// Path and query; begins with a slash.
    public let target: String

    /// Nil for what is no such address.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.lengthMax, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.utf8.contains(where: { Self.forbidden.contains($0) }), let scheme = text.firstRange(of: "://")
        else { return nil }
        switch text[..<scheme.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: return nil
        }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        var target = String(rest[authority.endIndex...])
        if !target.hasPrefix("/") { target = "/" + target }
        guard let (host, isBracketed, portText) = Self.split(authority) else { return nil }
        var port = isSecure ? 443 : 80
        if let portText {
            guard portText.utf8.count <= 5, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(portText), (1...65_535).contains(number)
            else { return nil }
            port = number
        }
        self.host = host
        self.port = port
        self.target = target
        let shown = isBracketed ? "[\(host)]" : host
        self.text = (isSecure ? "https://" : "http://") + shown + (portText == nil ? "" : ":\(port)") + target
    }

    /// What some readers of addresses take for something else: a slash, the end of the host, the beginning of a fragment.
    private static let forbidden = Set("\\#\"<>^`{|}".utf8)

    private static func split(
        _ authority: Substring
    ) -> (host: String, isBracketed: Bool, port: Substring?)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = authority[authority.index(after: authority.startIndex)..<end].lowercased()
            guard host.contains(":"), host.utf8.count <= 45,
                host.utf8.allSatisfy({ "0123456789abcdef:.".utf8.contains($0) })
            else { return nil }
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            return (host, true, after.isEmpty ? nil : after.dropFirst())
        }
        let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let host = parts[0].lowercased()
        guard (1...253).contains(host.utf8.count), !host.hasPrefix("."), !host.hasPrefix("-"), !host.contains(".."),
            host.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789-._".utf8.contains($0) })
        else { return nil }
        return (host, false, parts.count == 2 ? parts[1] : nil)
    }
}

extension WebhookURL: CustomStringConvertible {
    /// Scheme and host alone, for logs and histories that others read: a path or a query may carry a secret.
    public var description: String { String(text.dropLast(target.count)) }
}
