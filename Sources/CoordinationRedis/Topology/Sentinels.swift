internal import Ports

/// The sentinels that watch a primary, and know which server it is now.
struct Sentinels: Sendable {
    private let dial: RedisDial
    private let addresses: [RedisAddress]
    private let primary: String

    init(_ dial: RedisDial, addresses: [RedisAddress], primary: String) {
        self.dial = dial
        self.addresses = addresses
        self.primary = primary
    }

    /// Asks one sentinel after the other. A connection is made for each question: it comes once a failover.
    func primaryAddress() async throws(Fault) -> RedisAddress {
        var reasons: [String] = []
        for address in addresses {
            let link = dial.link(dial.dialling(), for: .sentinel) { () throws(Fault) in address }
            link.start()
            defer { link.close() }
            do throws(Fault) {
                let reply = try await link.send(RedisCommand("SENTINEL", "get-master-addr-by-name", primary))
                if let found = RedisAddress(reply) { return found }
                reasons.append("\(address): \(reply.errorText ?? "it does not know \(primary)")")
            } catch {
                reasons.append("\(address): \(error.reason)")
            }
        }
        throw Fault(
            .unavailable, attempt: "ask the sentinels for \(primary)", reason: reasons.joined(separator: "; "))
    }
}

extension RedisAddress {
    /// Reads host and port from an array.
    init?(_ reply: RedisReply) {
        guard let values = reply.array, values.count >= 2, let host = values[0].text, !host.isEmpty,
            let port = values[1].integer.map(Int.init) ?? values[1].text.flatMap({ Int($0) })
        else { return nil }
        self.init(host: host, port: port)
    }
}
