internal import HTTPTypes
internal import NIOCore

/// Reverse proxies whose word is taken for who asks: a connection from one of them is not a fan's own, so that the
/// address in its `X-Forwarded-For` is counted in its place. Anyone else's header is not believed.
public struct TrustedProxies: Sendable {
    /// A network: the addresses that begin with the same bits.
    private struct Network {
        let bytes: [UInt8]
        let bitCount: Int

        /// - Parameter text: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
        init?(_ text: Substring) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = try? SocketAddress(ipAddress: String(parts[0]), port: 0) else { return nil }
            bytes = address.networkBytes
            // IPv4 addresses are kept inside IPv6 ones, behind 96 bits.
            let (prefix, max) = address.protocol == .inet ? (96, 32) : (0, 128)
            guard let count = parts.count == 1 ? max : Int(parts[1]), (0...max).contains(count) else { return nil }
            bitCount = prefix + count
        }

        func contains(_ address: [UInt8]) -> Bool {
            let (whole, rest) = bitCount.quotientAndRemainder(dividingBy: 8)
            guard bytes[..<whole] == address[..<whole] else { return false }
            return rest == 0 || (bytes[whole] ^ address[whole]) >> (8 - UInt8(rest)) == 0
        }
    }

    private let networks: [Network]

    /// Nobody is believed.
    public init() {
        networks = []
    }

    /// - Parameter text: Addresses and networks, comma between: `127.0.0.1, 10.0.0.0/8, 2001:db8::/32`.
    /// - Returns: Nil when one of them is none.
    public init?(_ text: String) {
        var networks: [Network] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let network = Network(part.trimmingSpaces) else { return nil }
            networks.append(network)
        }
        self.networks = networks
    }

    func contains(_ address: SocketAddress) -> Bool {
        guard !networks.isEmpty, address.protocol != .unix else { return false }
        let bytes = address.networkBytes
        return networks.contains { $0.contains(bytes) }
    }

    /// Whom a trusted proxy speaks for: of the addresses in its header, each added behind the others by the proxy it
    /// met, the last one that is no trusted proxy itself. What stands before that may be invented.
    ///
    /// - Returns: Nil when the header is missing, or when what would count is no address.
    func client(of headers: HTTPFields) -> SocketAddress? {
        for line in headers[values: .forwardedFor].reversed() {
            for text in line.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                guard let address = SocketAddress(forwarded: text.trimmingSpaces) else { return nil }
                if !contains(address) { return address }
            }
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension SocketAddress {
    /// - Parameter text: An address, with or without a port: `192.0.2.7`, `192.0.2.7:4711`, `[2001:db8::1]:4711`.
    fileprivate init?(forwarded text: Substring) {
        var host = text
        if text.first == "[", let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            host = text[..<colon]
        }
        guard let address = try? SocketAddress(ipAddress: String(host), port: 0) else { return nil }
        self = address
    }

    /// The 16 bytes of an IPv6 address; of an IPv4 one, those that a socket for both families shows (RFC 4291 section
    /// 2.5.5.2).
    var networkBytes: [UInt8] {
        withSockAddr { pointer, count in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
            // In the system's own form an address lies behind family and port, and in IPv6 the flow, on every system
            // alike.
            return self.protocol == .inet
                ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + bytes[4..<8] : Array(bytes[8..<24])
        }
    }
}
