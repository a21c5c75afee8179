import CoordinationRedis
import Domain
import Logging
import Ports
import Testing

@Suite(
    "Logging in to Redis", .serialized, .timeLimit(.minutes(1)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct LoginTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// Whether Redis lets us in, and the subscription too.
    private func letsIn(_ url: String, within limit: Duration = .seconds(2)) async throws -> Bool {
        let coordination = try RedisCoordination(
            url: RedisURL(url), joins: RememberedJoins(), logger: Logger(label: "test"))
        defer { coordination.close() }
        var arrivals = coordination.news.arrivals().makeAsyncIterator()
        do {
            try await coordination.waitUntilThere(within: limit)
        } catch {
            return false
        }
        let first = await arrivals.next()
        return first == .missed
    }

    @Test("With the password, also as a user and in another database; not without it, nor with a wrong one")
    func passwords() async throws {
        let redis = try OwnRedis()
        defer { withExtendedLifetime(redis) {} }
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port, "--requirepass", "s3cret/")
        #expect(try await letsIn("redis://:s3cret%2F@127.0.0.1:\(port)", within: .seconds(20)))
        #expect(try await letsIn("redis://default:s3cret%2F@127.0.0.1:\(port)/5", within: .seconds(20)))
        #expect(try await false == letsIn("redis://127.0.0.1:\(port)"))
        #expect(try await false == letsIn("redis://:wrong@127.0.0.1:\(port)"))
    }

    @Test("Over TLS, when the certificate is of somebody who is trusted")
    func tls() async throws {
        let redis = try OwnRedis()
        defer { withExtendedLifetime(redis) {} }
        let (certificate, key) = try redis.makeCertificate()
        let ports = try OwnRedis.freePorts(2)
        try redis.start(
            ports[0], "--tls-port", "\(ports[1])", "--tls-cert-file", certificate, "--tls-key-file", key,
            "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no")
        try await RedisOperator(port: ports[0]).waitUntilThere()
        #expect(try await letsIn("rediss://localhost:\(ports[1])?ca=\(certificate)", within: .seconds(20)))
        #expect(try await letsIn("rediss://127.0.0.1:\(ports[1])?ca=\(certificate)", within: .seconds(20)))
        #expect(try await false == letsIn("rediss://localhost:\(ports[1])"))
        #expect(try await false == letsIn("redis://localhost:\(ports[1])"))
    }
}
