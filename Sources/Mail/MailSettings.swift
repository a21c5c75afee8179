/// Where mails go, as `JARI_MAIL` names it, and whom they are from.
///
/// - `file:FOLDER`: each mail becomes a file there, for development.
/// - `smtp://user:password@host:port` or `smtps://…`: user and password percent-encoded; the port by itself is 465 for
///   smtps, 587 with a user, 25 without. `?tls=required` or `?tls=never` decides about STARTTLS, `?ca=FILE` names the
///   authorities to trust.
public struct MailSettings: Sendable {
    /// Why settings cannot be used, in words for whoever wrote them.
    public struct Mistake: Error, Hashable, CustomStringConvertible {
        public let description: String
    }

    enum Destination: Hashable, Sendable {
        case folder(String)
        case server(SMTPServer)
    }

    let destination: Destination
    let from: Mailbox
    /// Where fans find their tickets. Nil leaves the link out of mails.
    let publicURL: String?

    /// - Parameters:
    ///   - from: `name@host` or `Name <name@host>`. Nil is only good for files.
    ///   - publicURL: Without a slash at its end.
    public init(address: String, from: String?, publicURL: String?) throws(Mistake) {
        if address.hasPrefix("file:") {
            let folder = String(address.dropFirst(5))
            guard !folder.isEmpty, !folder.utf8.contains(0) else {
                throw Mistake(description: "after file: comes the path of a folder")
            }
            destination = .folder(folder)
        } else if let server = try SMTPServer(address) {
            destination = .server(server)
        } else {
            throw Mistake(description: "it must be off, file:FOLDER, smtp://host:port or smtps://host:port")
        }
        if let from {
            guard let mailbox = Mailbox(from) else {
                throw Mistake(description: "JARI_MAIL_FROM must be name@host or Name <name@host>")
            }
            self.from = mailbox
        } else if case .folder = destination {
            self.from = Mailbox(name: "자리 Jari", address: "jari@localhost")
        } else {
            throw Mistake(description: "mails need JARI_MAIL_FROM, the address that they are from")
        }
        self.publicURL = publicURL
    }
}

/// A mail server, and how far its word is taken.
struct SMTPServer: Hashable, Sendable {
    enum Encryption: Hashable, Sendable {
        /// TLS from the first byte.
        case implicit
        /// STARTTLS, or nothing is sent.
        case required
        /// STARTTLS where the server offers it, with whatever certificate it has: as servers do among each other, it
        /// keeps out those who only listen.
        case opportunistic
        case none
    }

    let host: String
    let port: Int
    let user: String?
    let password: String?
    let encryption: Encryption
    /// A file with certificates of authorities; nil for those of the system.
    let authorities: String?

    /// Nil for an address of something else.
    init?(_ address: String) throws(MailSettings.Mistake) {
        let isImplicit = address.hasPrefix("smtps://")
        guard isImplicit || address.hasPrefix("smtp://") else { return nil }
        let parts = address.dropFirst(isImplicit ? 8 : 7).split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var authority = parts[0]
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.contains("/") else { throw Self.mistake("a / in a password is written %2F") }
        var login: (user: String, password: String)?
        if let at = authority.lastIndex(of: "@") {
            let fields = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard fields.count == 2, let user = Self.decoded(fields[0]), let password = Self.decoded(fields[1]),
                !user.isEmpty, !password.isEmpty
            else { throw Self.mistake("before the @ stand user:password, percent-encoded") }
            login = (user, password)
            authority = authority[authority.index(after: at)...]
        }
        guard let (host, port) = Self.hostAndPort(authority, standard: isImplicit ? 465 : login == nil ? 25 : 587)
        else { throw Self.mistake("a mail server is named as host or host:port") }
        (self.host, self.port, user, password) = (host, port, login?.user, login?.password)

        var wanted: Encryption = isImplicit ? .implicit : .opportunistic
        if !isImplicit, login != nil, !Self.isLoopback(host) { wanted = .required }
        var authorities: String?
        for field in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch (pair[0], pair.count == 2 ? Self.decoded(pair[1]) : nil) {
            case ("tls", "required"?): if !isImplicit { wanted = .required }
            case ("tls", "never"?):
                guard !isImplicit, login == nil || Self.isLoopback(host) else {
                    throw Self.mistake("a password is only sent to another host through TLS")
                }
                wanted = .none
            case ("ca", let path?): authorities = path
            default: throw Self.mistake("'\(pair[0])' is none of tls=required, tls=never and ca=FILE")
            }
        }
        encryption = wanted
        self.authorities = authorities
    }

    /// For people and libcurl: without user and password.
    var url: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(encryption == .implicit ? "smtps" : "smtp")://\(host):\(port)"
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }

    private static func hostAndPort(_ text: Substring, standard: Int) -> (String, Int)? {
        var host = text
        var port = standard
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            host = text[text.index(after: text.startIndex)..<end]
            guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), let number = Int(rest.dropFirst()) else { return nil }
                port = number
            }
        } else {
            let fields = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = fields[0]
            if fields.count == 2 {
                guard let number = Int(fields[1]) else { return nil }
                port = number
            }
            guard host.utf8.allSatisfy({ isHostByte($0) }) else { return nil }
        }
        guard !host.isEmpty, (1...65_535).contains(port) else { return nil }
        return (String(host), port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber || character == "." || character == "-")
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(where: { $0 < 0x20 }) else {
            return nil
        }
        return text
    }

    private static func mistake(_ text: String) -> MailSettings.Mistake { MailSettings.Mistake(description: text) }
}
