internal import HTTPTypes
internal import NIOCore
internal import Ports
internal import Synchronization

/// The other end of some connections: one IPv4 address, or one IPv6 network of 64 bits, which is what a single
/// subscriber gets. All its connections share this.
///
/// It is counted in this process's memory, also where several processes share their other limits: what every call asks
/// for must not cost a round trip.
final class Peer: Sendable {
    /// Who is at the other end of the connection that the present task serves.
    @TaskLocal static var current: Peer?

    let address: String
    /// Whether it speaks for others (see ``TrustedProxies``).
    let isProxy: Bool
    private let state = Mutex(State())

    private struct State {
        var connectionCount = 0
        /// When the bucket of calls is full again (see `InProcessRateLimiter`).
        var fullAt = NIODeadline.uptimeNanoseconds(0)
    }

    init(address: String, isProxy: Bool = false) {
        self.address = address
        self.isProxy = isProxy
    }

    /// Counts a call.
    ///
    /// - Returns: Nil when it may go on, else the milliseconds until the next may.
    func take(_ limit: RateLimit, now: NIODeadline = .now()) -> Int? {
        let nanosPerCall = Int64(1_000_000_000 / limit.perSecond)
        let capacity = Int64(min(limit.burst * 1_000_000_000 / limit.perSecond, 1e17))
        return state.withLock { state in
            let after = max(state.fullAt, now) + .nanoseconds(nanosPerCall)
            let excess = (after - now).nanoseconds - capacity
            guard excess <= 0 else { return Int((excess + 999_999) / 1_000_000) }
            state.fullAt = after
            return nil
        }
    }

    /// - Returns: False when it has as many connections as it may have; it has no more then.
    fileprivate func connect(max connectionCountMax: Int) -> Bool {
        state.withLock { state in
            guard connectionCountMax == 0 || isProxy || state.connectionCount < connectionCountMax else { return false }
            state.connectionCount += 1
            return true
        }
    }

    fileprivate func disconnect() {
        state.withLock { $0.connectionCount -= 1 }
    }

    /// Whether nothing needs to be remembered about it.
    fileprivate func isForgettable(now: NIODeadline) -> Bool {
        state.withLock { $0.connectionCount == 0 && $0.fullAt <= now }
    }

    fileprivate var isConnected: Bool { state.withLock { $0.connectionCount > 0 } }
}

/// Everyone who is connected, and those who were a moment ago and asked much.
final class PeerBook: Sendable {
    /// Peers without a connection that are remembered because of what they asked before. Past it they start anew.
    private static let rememberedMax = 1 << 16

    private let connectionCountMax: Int
    private let proxies: TrustedProxies
    private let peers = Mutex<[String: Peer]>([:])

    /// - Parameters:
    ///   - connectionCountMax: Connections that one address may have at once; 0 sets no bound.
    ///   - proxies: Who may have any number of them, for others.
    init(connectionCountMax: Int, proxies: TrustedProxies = TrustedProxies()) {
        self.connectionCountMax = connectionCountMax
        self.proxies = proxies
    }

    /// Takes in a connection.
    ///
    /// - Returns: Nil when this address has too many already.
    func connect(_ address: SocketAddress?) -> Peer? {
        let isProxy = address.map(proxies.contains) ?? false
        // A proxy is one machine: its neighbours in an IPv6 network are not trusted with it.
        let name = address.map { isProxy ? "proxy \($0.ipAddress ?? "")" : Self.name(of: $0) } ?? "unknown"
        return peers.withLock { peers in
            if let known = peers[name] { return known.connect(max: connectionCountMax) ? known : nil }
            let peer = Peer(address: name, isProxy: isProxy)
            Self.remember(peer, in: &peers)
            return peer.connect(max: connectionCountMax) ? peer : nil
        }
    }

    /// Whom a proxy asks for: the peer in its headers, or itself when they name none.
    func client(of proxy: Peer, headers: HTTPFields) -> Peer {
        guard let address = proxies.client(of: headers) else { return proxy }
        let name = Self.name(of: address)
        return peers.withLock { peers in
            if let known = peers[name] { return known }
            let peer = Peer(address: name)
            Self.remember(peer, in: &peers)
            return peer
        }
    }

    private static func remember(_ peer: Peer, in peers: inout [String: Peer]) {
        if peers.count >= rememberedMax { peers = peers.filter { $0.value.isConnected } }
        peers[peer.address] = peer
    }

    func disconnect(_ peer: Peer) {
        peers.withLock { peers in
            peer.disconnect()
            if peer.isForgettable(now: .now()), peers[peer.address] === peer { peers[peer.address] = nil }
        }
    }

    var count: Int { peers.withLock { $0.count } }

    /// What an address is counted by.
    static func name(of address: SocketAddress) -> String {
        guard address.protocol != .unix else { return "unknown" }
        let bytes = address.networkBytes
        if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        return stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":") + "::/64"
    }
}
