internal import Ports

/// One server: a fixed one, or the primary that the sentinels name.
struct OneServer: RedisServers {
    private let link: RedisLink
    private let find: @Sendable () async throws(Fault) -> RedisAddress

    init(
        _ dial: RedisDial, _ dialling: Dialling, find: @escaping @Sendable () async throws(Fault) -> RedisAddress
    ) {
        self.find = find
        link = dial.link(dialling, for: .keys, resolve: find)
    }

    var spreadsKeys: Bool { false }

    func start() { link.start() }

    func close() { link.close() }

    func send(_ command: RedisCommand, tag _: HashTag, _ completion: @escaping RedisCompletion) {
        link.send(command, completion)
    }

    func check() async throws(Fault) { try await sign(HashTag("".utf8)) }

    func subscriptionAddress() async throws(Fault) -> RedisAddress { try await find() }
}
