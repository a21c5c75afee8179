import NIOCore
import Testing

@testable import CoordinationRedis

@Suite("A link to a server, without a server")
struct LinkStateTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var soon: NIODeadline { start + .seconds(2) }

    private func up() -> LinkState<Int> {
        var link = LinkState<Int>()
        #expect(link.opened(greeting: [RedisCommand("PING")]) != nil)
        guard case .greeted([.status("PONG")]) = link.received(.status("PONG")) else {
            Issue.record("the greeting is not over")
            return link
        }
        #expect(link.welcome(home: [1], now: start) == false)
        return link
    }

    private func text(_ bytes: ByteBuffer?) -> String? { bytes.map { String(buffer: $0) } }

    @Test("All calls of one turn go out in one write, and replies are theirs in order")
    func pipelining() {
        var link = up()
        var flushes = 0
        for call in 0..<3 {
            if case .flushSoon = link.submit(RedisCommand("GET", "\(call)"), call, deadline: soon) { flushes += 1 }
        }
        #expect(flushes == 1)
        let sent = (0..<3).map { "*2\r\n$3\r\nGET\r\n$1\r\n\($0)\r\n" }.joined()
        #expect(text(link.takeOutgoing()) == sent)
        #expect(link.takeOutgoing() == nil)
        for call in 0..<3 {
            guard case .answer(call) = link.received(.integer(0)) else {
                Issue.record("the reply is another call's")
                return
            }
        }
        guard case .unexpected = link.received(.null) else {
            Issue.record("a reply that nobody asked for was taken")
            return
        }
        guard case .flushSoon = link.submit(RedisCommand("PING"), 9, deadline: soon) else {
            Issue.record("the next turn asks for no flush")
            return
        }
    }

    @Test("Calls that come while it connects wait, and are sent to the server that was found")
    func waiting() {
        var link = LinkState<Int>()
        guard case .waiting = link.submit(RedisCommand([.text("X"), .home]), 1, deadline: soon) else {
            Issue.record("it does not wait")
            return
        }
        _ = link.opened(greeting: [RedisCommand("PING")])
        #expect(link.takeOutgoing() == nil)
        _ = link.received(.status("PONG"))
        let flushes = link.welcome(home: Array("here".utf8), now: start)
        #expect(flushes)
        #expect(text(link.takeOutgoing()) == "*2\r\n$1\r\nX\r\n$4\r\nhere\r\n")
    }

    @Test("A connection that is lost is made again at once; one that does not come about, later and later")
    func backOff() {
        var link = up()
        _ = link.submit(RedisCommand("PING"), 1, deadline: soon)
        let first = link.lost(now: start + .seconds(5), chance: 1)
        #expect(first.failed == [1] && first.connectAfterMs == 0)
        var pauses: [Int] = []
        for _ in 0..<8 {
            // Neither while it rests nor while it connects: a server that hangs would cost each call its time-out.
            guard case .rejected = link.submit(RedisCommand("PING"), 2, deadline: soon) else {
                Issue.record("a call waits for a server that was lost")
                return
            }
            let loss = link.lost(now: start + .seconds(5), chance: 1)
            #expect(loss.failed == [])
            pauses.append(loss.connectAfterMs ?? -1)
            guard case .rejected = link.submit(RedisCommand("PING"), 3, deadline: soon) else {
                Issue.record("a call waits for a server that is away")
                return
            }
            let connects = link.rested()
            #expect(connects)
        }
        #expect(pauses == [50, 100, 200, 400, 800, 1_000, 1_000, 1_000])
        #expect(link.lost(now: start, chance: 0).connectAfterMs == 500)
    }

    @Test("A server that accepts and closes at once is not asked at full speed")
    func flapping() {
        var link = up()
        #expect(link.lost(now: start + .milliseconds(10), chance: 1).connectAfterMs == 50)
    }

    @Test("Who waits too long for a connection is told; a reply that is late costs the connection")
    func overdue() {
        var link = LinkState<Int>()
        _ = link.submit(RedisCommand("PING"), 1, deadline: start)
        _ = link.submit(RedisCommand("PING"), 2, deadline: soon)
        let waited = link.overdue(now: start)
        #expect(waited.failed == [1] && !waited.dropsConnection)

        var connected = up()
        _ = connected.submit(RedisCommand("PING"), 1, deadline: soon)
        #expect(connected.overdue(now: soon + .nanoseconds(-1)).dropsConnection == false)
        let late = connected.overdue(now: soon)
        #expect(late.failed.isEmpty && late.dropsConnection)
    }

    @Test("No more wait than it can keep, and none after it was closed")
    func bounded() {
        var link = up()
        for call in 0..<LinkState<Int>.callCountMax {
            if case .rejected = link.submit(RedisCommand("PING"), call, deadline: soon) {
                Issue.record("call \(call) was turned away")
                return
            }
        }
        guard case .rejected = link.submit(RedisCommand("PING"), -1, deadline: soon) else {
            Issue.record("there is no limit")
            return
        }
        #expect(link.close().count == LinkState<Int>.callCountMax)
        guard case .rejected = link.submit(RedisCommand("PING"), -1, deadline: soon) else {
            Issue.record("a closed link takes calls")
            return
        }
        #expect(link.lost(now: soon, chance: 1).connectAfterMs == nil)
    }
}
