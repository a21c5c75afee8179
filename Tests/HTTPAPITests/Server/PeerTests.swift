import NIOCore
import Ports
import Testing

@testable import HTTPAPI

@Suite("Peers")
struct PeerTests {
    private func address(_ text: String) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: 1) }

    @Test(
        "Addresses are counted by what one subscriber has",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"), ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ])
    func name(text: String, name: String) throws {
        #expect(PeerBook.name(of: try address(text)) == name)
    }

    @Test("One address has so many connections and no more, until one of them leaves")
    func connections() throws {
        let book = PeerBook(connectionCountMax: 2)
        let first = try #require(book.connect(try address("192.0.2.1")))
        let second = try #require(book.connect(try address("192.0.2.1")))
        #expect(first === second)
        #expect(book.connect(try address("192.0.2.1")) == nil)
        #expect(book.connect(try address("192.0.2.2")) != nil)
        book.disconnect(first)
        #expect(book.connect(try address("192.0.2.1")) != nil)
        #expect(book.connect(try address("192.0.2.1")) == nil)
    }

    @Test("Without a bound there is none, and who has left is forgotten")
    func unbounded() throws {
        let book = PeerBook(connectionCountMax: 0)
        let peers = try (0..<5_000).compactMap { _ in book.connect(try address("192.0.2.1")) }
        #expect(peers.count == 5_000)
        for peer in peers { book.disconnect(peer) }
        #expect(book.count == 0)
    }

    @Test("Calls are counted, and connecting anew gives no new ones")
    func calls() throws {
        let limit = RateLimit(perSecond: 0.1, burst: 3)
        let book = PeerBook(connectionCountMax: 0)
        let peer = try #require(book.connect(try address("192.0.2.1")))
        let now = NIODeadline.now()
        #expect((0..<4).map { _ in peer.take(limit, now: now) } == [nil, nil, nil, 10_000])
        book.disconnect(peer)
        let again = try #require(book.connect(try address("192.0.2.1")))
        #expect(again.take(limit, now: now) != nil)
        #expect(again.take(limit, now: now + .seconds(10)) == nil)
    }
}
