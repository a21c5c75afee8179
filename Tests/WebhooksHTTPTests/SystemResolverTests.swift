import Dispatch
import NIOCore
import TestSupport
import Testing

@testable import WebhooksHTTP

@Suite("Looking up hosts")
struct SystemResolverTests {
    /// Blocks as the system does while a name server keeps silent, until it is let go.
    private final class Silence: Sendable {
        private let end = DispatchSemaphore(value: 0)

        func look(_ host: String, _ port: Int) -> SystemResolver.Answer {
            guard host.hasPrefix("silent") else {
                return Result { try SocketAddress(ipAddress: "192.0.2.1", port: port) }
                    .map { [$0] }.mapError { HostNotFound(reason: "\($0)") }
            }
            end.wait()
            return .success([])
        }

        func endAll(_ count: Int) {
            for _ in 0..<count { end.signal() }
        }
    }

    private func reason(of host: String, by resolver: SystemResolver) async -> String? {
        do throws(HostNotFound) {
            _ = try await resolver.addresses(of: host, port: 443)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("Silent name servers have so many threads and no more; a further look-up is refused at once, until one ends")
    func bounded() async throws {
        let silence = Silence()
        let resolver = SystemResolver(limitMs: 50, look: silence.look)
        for number in 0..<32 {
            #expect(await reason(of: "silent\(number).example.com", by: resolver) == "its name server does not answer")
        }
        // Nobody waits for them any more, and still they have their threads.
        #expect(resolver.underWayCount == 32)
        #expect(await reason(of: "quick.example.com", by: resolver) == "too many hosts are being looked up")
        silence.endAll(1)
        #expect(await eventually { resolver.underWayCount == 31 })
        #expect(await reason(of: "quick.example.com", by: resolver) == nil)
        // It does not wait for the others either.
        await resolver.close()
        silence.endAll(31)
        #expect(await eventually { resolver.underWayCount == 0 })
    }

    @Test("Who asks for the same host waits for the same look-up")
    func shared() async throws {
        let silence = Silence()
        let resolver = SystemResolver(limitMs: 5_000, look: silence.look)
        async let answers = withTaskGroup(of: String?.self) { group in
            for _ in 0..<100 { group.addTask { await self.reason(of: "silent.example.com", by: resolver) } }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(await eventually { resolver.waitingCount == 100 })
        #expect(resolver.underWayCount == 1)
        silence.endAll(1)
        #expect(await answers == [String?](repeating: nil, count: 100))
        #expect(resolver.underWayCount == 0)
        await resolver.close()
    }

    @Test("This machine is found under its name, and what is no name is not")
    func system() async throws {
        let resolver = SystemResolver()
        let found = try await resolver.addresses(of: "localhost", port: 443)
        #expect(found.contains { $0.ipAddress == "127.0.0.1" || $0.ipAddress == "::1" })
        #expect(found.allSatisfy { $0.port == 443 })
        #expect(await reason(of: "no such name", by: resolver) != nil)
        await resolver.close()
    }
}
