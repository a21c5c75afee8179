import Domain
import NIOCore
import Ports
import Testing

@testable import CoordinationRedis

@Suite("What is spoken with Redis")
struct ProtocolTests {
    private func replies(_ chunks: [[UInt8]]) throws -> [RedisReply] {
        let reader = ReplyReader()
        var replies: [RedisReply] = []
        for chunk in chunks {
            try reader.feed(ByteBuffer(bytes: chunk))
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test("Replies are read whatever pieces they arrive in")
    func pieces() throws {
        let bytes = Array("+OK\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n-ERR no\r\n*1\r\n$0\r\n\r\n".utf8)
        let expected: [RedisReply] = [
            .status("OK"), .integer(-7), .bytes(Array("a\r\n".utf8)), .null,
            .array([.error("ERR no"), .array([.bytes([])])]),
        ]
        #expect(try replies([bytes]) == expected)
        #expect(try replies(bytes.map { [$0] }) == expected)
    }

    @Test("What is not Redis' protocol is an error", arguments: ["HTTP/1.1 400\r\n", "$x\r\n", "*-5\r\n"])
    func malformed(text: String) {
        #expect(throws: ReplyReader.Malformed.self) { try replies([Array(text.utf8)]) }
    }

    @Test(
        "Keys lie in the slots that Redis says",
        arguments: [("123456789", 12_739), ("", 0), ("foo", 12_182), ("019a5b2c-7d1e-7f00-8000-0123456789ab", 9_624)])
    func slots(tag: String, slot: Int) {
        #expect(HashTag(tag.utf8).slot == slot)
    }

    @Test("A node that sends elsewhere is understood, also when it does not know its own name")
    func redirections() {
        let asked = RedisAddress(host: "10.0.0.1", port: 7_000)
        #expect(
            Redirection("MOVED 3999 10.0.0.2:7001", asked: asked)
                == .moved(slot: 3_999, RedisAddress(host: "10.0.0.2", port: 7_001)))
        #expect(Redirection("ASK 1 :7002", asked: asked) == .ask(RedisAddress(host: "10.0.0.1", port: 7_002)))
        #expect(
            Redirection("MOVED 3999 ::1:7001", asked: asked) == .moved(slot: 3_999, .init(host: "::1", port: 7_001)))
        #expect(Redirection("TRYAGAIN Multiple keys", asked: asked) == .tryAgain)
        for text in ["MOVED 16384 a:1", "MOVED x a:1", "MOVED 1", "ERR MOVED 1 a:1"] {
            #expect(Redirection(text, asked: asked) == nil, "\(text)")
        }
    }

    @Test("URLs say where, who and how")
    func urls() throws {
        let plain = try RedisURL("redis://host")
        #expect(plain.mode == .single(RedisAddress(host: "host", port: 6379)))
        #expect(plain.password == nil && plain.database == 0 && !plain.usesTLS)
        let full = try RedisURL("rediss://me:p%40ss%3A@[::1]:7000/3")
        #expect(full.mode == .single(RedisAddress(host: "::1", port: 7_000)))
        #expect(full.user == "me" && full.password == "p@ss:" && full.database == 3 && full.usesTLS)
        let sentinel = try RedisURL("redis-sentinel://:secret@a,b:27000/main/2?tls=true")
        #expect(
            sentinel.mode
                == .sentinel(
                    [RedisAddress(host: "a", port: 26_379), RedisAddress(host: "b", port: 27_000)], primary: "main"))
        #expect(sentinel.user == nil && sentinel.password == "secret" && sentinel.database == 2 && sentinel.usesTLS)
        #expect(try RedisURL("rediss://a?ca=/etc/my%20ca.pem").authorityFile == "/etc/my ca.pem")
        let cluster = try RedisURL("redis-cluster://a:1,b:2")
        #expect(cluster.mode == .cluster([RedisAddress(host: "a", port: 1), RedisAddress(host: "b", port: 2)]))
    }

    @Test(
        "What is no URL of Redis is refused, with a reason",
        arguments: [
            "", "host:6379", "http://host", "redis://", "redis://a,b", "redis://a:0", "redis://a:x", "redis://a/x",
            "redis://a/-1", "redis://user@a", "redis://:%4@a", "redis-sentinel://a", "redis-cluster://a/1",
            "redis://a?ssl=1", "rediss://a?tls=false", "rediss://a?ca=", "rediss://a?ca=%2",
        ])
    func refused(text: String) {
        #expect(throws: RedisURL.Malformed.self) { try RedisURL(text) }
    }
}

@Suite("Seat news between processes")
struct NewsLedgerTests {
    private let news = SeatArrival.replaced(DateID(high: 1, low: 1))

    private func message(_ sender: Int64, _ sequence: Int64) -> NewsMessage {
        NewsMessage(sender: sender, sequence: sequence, content: .news(news))
    }

    @Test("Numbers that follow each other are no gap, whoever else talks; a gap is told before the news")
    func gaps() {
        var ledger = NewsLedger(own: 1)
        #expect(ledger.arrivals(of: message(2, 1)) == [news])
        #expect(ledger.arrivals(of: message(3, 1)) == [news])
        #expect(ledger.arrivals(of: message(1, 77)) == [])
        #expect(ledger.arrivals(of: message(2, 2)) == [news])
        #expect(ledger.arrivals(of: message(2, 4)) == [.missed, news])
        #expect(ledger.arrivals(of: message(2, 5)) == [news])
        #expect(ledger.arrivals(of: message(3, 3)) == [.missed, news])
        // Somebody who has talked before we could hear.
        #expect(ledger.arrivals(of: message(4, 9)) == [.missed, news])
    }

    @Test("A sign tells of messages that were lost and followed by none")
    func signs() {
        var ledger = NewsLedger(own: 1)
        func sign(_ sequence: Int64) -> [SeatArrival] {
            ledger.arrivals(of: NewsMessage(sender: 2, sequence: sequence, content: .sign))
        }
        _ = ledger.arrivals(of: message(2, 1))
        #expect(sign(1) == [])
        #expect(sign(3) == [.missed])
        #expect(sign(3) == [])
        #expect(ledger.arrivals(of: message(2, 4)) == [news])
    }

    @Test("Messages are read as they were written, and no others are read")
    func wire() throws {
        let updates = SeatState.allCases.enumerated().map { index, state in
            SeatUpdate(
                seatID: SeatID(high: UInt64(index), low: 9), state: state,
                heldUntil: index > 1 ? Timestamp(milliseconds: 1_800_000_000_000) : nil, version: 1 << 40)
        }
        let contents: [NewsMessage.Content] = [
            .sign, .news(.missed), .news(news), .news(.changed(DateID(high: 4, low: 5), updates)),
        ]
        for content in contents {
            let message = NewsMessage(sender: -3, sequence: 7, content: content)
            #expect(NewsMessage(message.bytes) == message)
            for count in 0..<18 { #expect(NewsMessage(Array(message.bytes.prefix(count))) == nil) }
        }
        let last = NewsMessage(sender: 1, sequence: 1, content: contents[3]).bytes
        #expect(NewsMessage(last.dropLast(1)) == nil)
        #expect(NewsMessage([2] + last.dropFirst()) == nil)
        let most = NewsMessage(
            sender: 1, sequence: 1,
            content: .news(.changed(DateID(high: 1, low: 1), Array(repeating: updates[0], count: Wire.seatCountMax))))
        #expect(most.bytes.count <= 64 * 1_024)
    }
}
