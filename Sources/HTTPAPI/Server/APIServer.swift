public import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// How the server listens.
public struct ServerSettings: Sendable {
    public var host: String
    /// 0 takes a free one.
    public var port: Int
    /// Connections that may be open at once. Further ones wait in the backlog.
    public var connectionCountMax: Int
    /// Connections that one address may have open at once; further ones are closed. 0 sets no bound.
    public var connectionsPerAddressMax: Int
    /// Who may speak for others, in `X-Forwarded-For`.
    public var trustedProxies: TrustedProxies
    /// A connection without a request for this long is closed.
    public var idleSeconds: Int
    /// A connection whose client takes nothing of what it is sent for this long is closed.
    public var writeSeconds: Int

    public init(
        host: String, port: Int, connectionCountMax: Int = 20_000, connectionsPerAddressMax: Int = 0,
        trustedProxies: TrustedProxies = TrustedProxies(), idleSeconds: Int = 60, writeSeconds: Int = 30
    ) {
        self.host = host
        self.port = port
        self.connectionCountMax = connectionCountMax
        self.connectionsPerAddressMax = connectionsPerAddressMax
        self.trustedProxies = trustedProxies
        self.idleSeconds = idleSeconds
        self.writeSeconds = writeSeconds
    }
}

/// Makes the HTTP server.
public enum APIServer {
    /// - Parameters:
    ///   - pages: The files of `Web/`, or nil to answer without pages.
    ///   - onListening: Called with the port once connections are taken.
    public static func application(
        _ parts: APIDependencies, operations: OperationRoutes, pages: WebFiles?, settings: ServerSettings,
        onListening: @Sendable @escaping (_ port: Int) async -> Void
    ) -> some ApplicationProtocol {
        let connection = HTTP1Channel.Configuration(
            idleTimeout: .seconds(Int64(settings.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
        let peers = PeerBook(connectionCountMax: settings.connectionsPerAddressMax, proxies: settings.trustedProxies)
        let api = Routes(parts, operations: operations, pages: pages).responder(peers: peers)
        return Application(
            responder: api,
            server: HTTPServerBuilder { responder in
                LoopBoundChannel(
                    base: HTTP1Channel(responder: responder, configuration: connection), responder: api, peers: peers,
                    writeLimit: .seconds(Int64(settings.writeSeconds)), clock: parts.clock)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "jari", backlog: 4_096,
                availableConnectionsDelegate: .maximum(settings.connectionCountMax, logger: parts.logger)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? settings.port) },
            eventLoopGroupProvider: .singleton, logger: parts.logger)
    }
}
