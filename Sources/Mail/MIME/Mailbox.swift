/// Whom a mail is from or for.
struct Mailbox: Hashable, Sendable {
    private static let addressLengthMax = 254

    /// As its owner wrote it; anything may stand in it.
    let name: String
    let address: String

    /// An address that no server could take for one, or that would end its header line, is nil.
    ///
    /// - Parameter text: `name@host` or `Name <name@host>`.
    init?(_ text: String) {
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
            var name = text[..<open]
            while name.last == " " { name.removeLast() }
            if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
            self.init(name: String(name), address: String(text[text.index(after: open)...].dropLast()))
        } else {
            self.init(name: "", address: text)
        }
        guard isDeliverable else { return nil }
    }

    init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    /// Whether the address can stand in an envelope and a header. Registered addresses are checked loosely; characters
    /// with a meaning there would make another address, or another line, of it.
    var isDeliverable: Bool {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, address.utf8.count <= Self.addressLengthMax
        else { return false }
        return address.unicodeScalars.allSatisfy { scalar in
            !"<>()[],;:\\\" ".unicodeScalars.contains(scalar) && !scalar.isControl
        }
    }

    /// The part after the @: what a Message-ID is unique under.
    var host: String { String(address.split(separator: "@").last ?? "localhost") }

    /// For a header. An address with letters beyond ASCII stands as it is (RFC 6532).
    var header: String {
        let encoded = EncodedWord.phrase(name)
        return encoded.isEmpty ? "<\(address)>" : "\(encoded) <\(address)>"
    }
}

extension Unicode.Scalar {
    /// Line ends of all kinds, and what steers a terminal.
    var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
