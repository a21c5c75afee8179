internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// HTTP clients each of which connects to one address only, whatever names it is asked for.
///
/// AsyncHTTPClient has no way to choose the address of one request, but it has a table of its own instead of DNS, for each
/// client: with it the connection goes to the address that was checked, while `Host`, the server's name in TLS and its
/// certificate stay those of the address as it is written. So there is a client for each host and address, kept while it
/// is used and a little longer, so that its connections serve more than one delivery. A second look at the address of
/// each connection made guards against that table being passed by.
final class PinnedClients: Sendable {
    /// Clients that are kept although nobody uses them.
    private static let idleMax = 32
    /// As many as the sender has under way at once: endpoints at one host must not wait for each other's connections.
    private static let connectionsPerHostMax = 128

    private struct Key: Hashable {
        let host: String
        let address: String
    }

    private struct Entry {
        let client: HTTPClient
        var userCount: Int
        /// Grows with each use of any.
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var useCount = 0
        var isClosed = false
    }

    private let group: any EventLoopGroup
    private let tls: TLSConfiguration
    private let connectSeconds: Int64
    private let state = Mutex(State())

    init(group: any EventLoopGroup, tls: TLSConfiguration, connectSeconds: Int64) {
        self.group = group
        self.tls = tls
        self.connectSeconds = connectSeconds
    }

    /// Lends the client that connects to `address` when it is asked for `host`. Nil once all are closed.
    func with<Result>(host: String, address: SocketAddress, _ body: (HTTPClient) async throws -> Result)
        async throws -> Result?
    {
        guard let ip = address.ipAddress else { return nil }
        let key = Key(host: host, address: ip)
        let client = state.withLock { state -> HTTPClient? in
            guard !state.isClosed else { return nil }
            state.useCount += 1
            var entry = state.entries[key] ?? Entry(client: makeClient(host: host, ip: ip), userCount: 0, lastUse: 0)
            entry.userCount += 1
            entry.lastUse = state.useCount
            state.entries[key] = entry
            return entry.client
        }
        guard let client else { return nil }
        do {
            let result = try await body(client)
            await release(key)
            return result
        } catch {
            await release(key)
            throw error
        }
    }

    func close() async {
        let clients = state.withLock { state in
            state.isClosed = true
            defer { state.entries = [:] }
            return state.entries.values.map(\.client)
        }
        // What cannot be shut down is shut down already.
        for client in clients { try? await client.shutdown() }
    }

    private func release(_ key: Key) async {
        let surplus = state.withLock { state -> HTTPClient? in
            state.entries[key]?.userCount -= 1
            let idle = state.entries.filter { $0.value.userCount == 0 }
            guard idle.count > Self.idleMax, let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
                return nil
            }
            return state.entries.removeValue(forKey: oldest.key)?.client
        }
        if let surplus { try? await surplus.shutdown() }
    }

    private func makeClient(host: String, ip: String) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(connectSeconds)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connectionsPerHostMax
        configuration.connectionPool.idleTimeout = .seconds(30)
        // A try is one try: whoever reads the log of a delivery sees each.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [host: ip]
        configuration.http1_1ConnectionDebugInitializer = { channel in
            guard channel.remoteAddress?.ipAddress == ip else {
                return channel.close().flatMapThrowing { throw UncheckedAddress() }
            }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }
}

/// A connection went to another address than the one that was checked: a bug of ours, and nothing was sent.
struct UncheckedAddress: Error, CustomStringConvertible {
    let description = "the connection went to an address that was not checked"
}
