import HTTPTypes
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

    @Test(
        "A proxy of ours tells who asks; what stands before the last stranger may be invented",
        arguments: [
            (["192.0.2.7"], "192.0.2.7"), (["192.0.2.7:4711"], "192.0.2.7"),
            (["[2001:db8:1:2::9]:4711"], "2001:db8:1:2::/64"),
            (["203.0.113.1, 192.0.2.7"], "192.0.2.7"), (["203.0.113.1", "192.0.2.7"], "192.0.2.7"),
            (["192.0.2.7, 10.1.2.3"], "192.0.2.7"), (["192.0.2.7", "10.1.2.3,10.0.0.1"], "192.0.2.7"),
            // Nothing to go by: the proxy itself is counted.
            ([], "proxy 10.0.0.1"), (["unknown"], "proxy 10.0.0.1"), (["192.0.2.7, "], "proxy 10.0.0.1"),
            (["10.9.9.9"], "proxy 10.0.0.1"),
        ])
    func forwarded(lines: [String], name: String) throws {
        let book = PeerBook(connectionCountMax: 1, proxies: try #require(TrustedProxies("10.0.0.0/8, ::1")))
        let proxy = try #require(book.connect(try address("10.0.0.1")))
        #expect(proxy.isProxy)
        // As many connections as it likes.
        #expect(book.connect(try address("10.0.0.1")) === proxy)
        let headers = HTTPFields(lines.map { HTTPField(name: HTTPField.Name("X-Forwarded-For")!, value: $0) })
        let client = book.client(of: proxy, headers: headers)
        #expect(client.address == name)
        #expect(book.client(of: proxy, headers: headers) === client)
    }

    @Test("A stranger is no proxy")
    func stranger() throws {
        let book = PeerBook(connectionCountMax: 1, proxies: try #require(TrustedProxies("10.0.0.0/9,2001:db8::/33")))
        for text in ["10.128.0.1", "11.0.0.1", "2001:db8:8000::1", "::1"] {
            let peer = try #require(book.connect(try address(text)))
            #expect(!peer.isProxy, "\(text)")
            #expect(book.connect(try address(text)) == nil)
        }
        for text in ["10.127.255.255", "2001:db8:7fff::1", "::ffff:10.1.1.1"] {
            #expect(try #require(book.connect(try address(text))).isProxy, "\(text)")
        }
    }

    @Test(
        "Networks are checked",
        arguments: ["", "10.0.0.0/33", "10.0.0.0/", "proxy.example", "::/129", "10.0.0.1,", "/8"])
    func networks(text: String) {
        #expect(TrustedProxies(text) == nil)
    }
}
