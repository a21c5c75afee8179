internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Ports

/// What all links to the servers of a URL have in common.
struct RedisDial: Sendable {
    let url: RedisURL
    let group: any EventLoopGroup
    let tls: NIOSSLContext?
    let timeOutMs: Int
    let logger: Logger

    /// - Throws: When TLS cannot be set up.
    init(url: RedisURL, group: any EventLoopGroup, timeOutMs: Int, logger: Logger) throws {
        self.url = url
        self.group = group
        self.timeOutMs = timeOutMs
        self.logger = logger
        if url.usesTLS {
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let file = url.authorityFile { configuration.trustRoots = .file(file) }
            tls = try NIOSSLContext(configuration: configuration)
        } else {
            tls = nil
        }
    }

    func dialling() -> Dialling { Dialling(loop: group.next(), tls: tls) }

    func link(
        _ dialling: Dialling, for purpose: Greeting.Purpose,
        resolve: @escaping @Sendable () async throws(Fault) -> RedisAddress
    ) -> RedisLink {
        RedisLink(
            dialling: dialling, greeting: Greeting(url: url, for: purpose), timeOutMs: timeOutMs, logger: logger,
            resolve: resolve)
    }

    func servers() -> any RedisServers {
        switch url.mode {
        case .single(let address):
            return OneServer(self, dialling()) { () throws(Fault) in address }
        case .sentinel(let addresses, let primary):
            let sentinels = Sentinels(self, addresses: addresses, primary: primary)
            return OneServer(self, dialling()) { () throws(Fault) in try await sentinels.primaryAddress() }
        case .cluster(let seeds):
            return ClusterServers(self, seeds: seeds)
        }
    }
}
