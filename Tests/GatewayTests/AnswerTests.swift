import Domain
import GatewayToss
import Hummingbird
import Ports
import Synchronization
import TestSupport
import Testing

/// Answers that the sandbox never gives. The server is real; what it says is written here.
@Suite("Answers of another kind")
struct AnswerTests {
    private static let order = CaptureOrder(orderID: .sample(1), paymentKey: "key-1", amount: Won(50_000))
    private static let refund = RefundOrder(id: .sample(7), paymentKey: "key-1", amount: Won(1_000), reason: "why")

    private static func payment(
        _ status: String, order: PaymentID = .sample(1), key: String = "key-1", amount: Int = 50_000,
        more: String = ""
    ) -> String {
        #"{"paymentKey":"\#(key)","orderId":"\#(order)","status":"\#(status)","totalAmount":\#(amount),"#
            + #""balanceAmount":\#(amount)\#(more)}"#
    }

    private func gateway(_ server: OwnServer, tries: Int = 2, timeoutMs: Int64 = 20_000) -> TossGateway {
        var settings = World.settings(server.address)
        settings.tryCountMax = tries
        settings.timeoutMs = timeoutMs
        return TossGateway(settings: settings, client: sharedClient, logger: quiet)
    }

    /// What a capture comes to when Toss refuses it with an unlisted code and then shows this when it is read.
    private func capture(thenRead answer: Response) async throws -> CaptureResult {
        let result = Mutex(CaptureResult.unknown)
        try await OwnServer.with { asked in
            if asked.method == "POST" { return .json(#"{"code":"SOMETHING_NEW","message":"?"}"#, status: 400) }
            return answer
        } _: { server in
            let captured = await gateway(server).capture(Self.order)
            result.withLock { $0 = captured }
        }
        return result.withLock { $0 }
    }

    @Test("An unlisted refusal is settled by what the payment says")
    func unlisted() async throws {
        #expect(try await capture(thenRead: .json(Self.payment("DONE"))) == .captured(amount: Won(50_000)))
        #expect(try await capture(thenRead: .json(Self.payment("IN_PROGRESS"))) == .unknown)
        #expect(try await capture(thenRead: .json(Self.payment("READY", amount: 1))) == .wrongKey)
        #expect(try await capture(thenRead: .json(Self.payment("DONE", order: .sample(2)))) == .wrongKey)
        let aborted = Self.payment("ABORTED", more: #","failure":{"code":"FDS_ERROR","message":""}"#)
        #expect(try await capture(thenRead: .json(aborted)) == .declined(code: "FDS_ERROR"))
        #expect(try await capture(thenRead: .json(Self.payment("NEVER_HEARD_OF"))) == .unknown)
        #expect(try await capture(thenRead: .json(#"{"code":"NOT_FOUND_PAYMENT"}"#, status: 404)) == .wrongKey)
        #expect(try await capture(thenRead: .json("<html>", status: 404)) == .unknown)
        #expect(try await capture(thenRead: .json("{}", status: 500)) == .unknown)
        // Cancelled before it was approved: nothing was ever captured.
        #expect(try await capture(thenRead: .json(Self.payment("CANCELED"))) == .declined(code: "CANCELED"))
    }

    @Test(
        "A success that is not about this payment, or says nothing, is unknown",
        arguments: [
            "", "{}", "[]", "null", payment("IN_PROGRESS"), payment("DONE", order: .sample(2)),
            payment("DONE", key: "key-2"), payment("DONE", amount: -1), payment("DONE", more: #","cancels":7"#),
        ])
    func strangeSuccess(body: String) async throws {
        try await OwnServer.with { _ in
            .json(body)
        } _: { server in
            #expect(await gateway(server).capture(Self.order) == .unknown)
        }
    }

    @Test("More was captured than asked for: the result says how much")
    func otherAmount() async throws {
        try await OwnServer.with { _ in
            .json(Self.payment("DONE", amount: 60_000))
        } _: { server in
            #expect(await gateway(server).capture(Self.order) == .captured(amount: Won(60_000)))
        }
    }

    @Test("A body without end is not read to its end")
    func hugeBody() async throws {
        let huge = String(repeating: " ", count: 300 * 1024) + Self.payment("DONE")
        try await OwnServer.with { _ in
            .json(huge)
        } _: { server in
            #expect(await gateway(server).capture(Self.order) == .unknown)
        }
    }

    @Test("A redirect is not followed: the secret key stays where it belongs")
    func redirect() async throws {
        let strangers = Mutex(0)
        try await OwnServer.with { _ in
            strangers.withLock { $0 += 1 }
            return .json(Self.payment("DONE"))
        } _: { stranger in
            let address = stranger.address
            try await OwnServer.with { _ in
                Response(status: .temporaryRedirect, headers: [.location: address])
            } _: {
                server in
                #expect(await gateway(server).capture(Self.order) == .unknown)
            }
        }
        #expect(strangers.withLock { $0 } == 0)
    }

    @Test("Every try carries the same idempotency key, and reading carries none")
    func idempotencyKeys() async throws {
        let asked = Mutex([OwnServer.Asked]())
        try await OwnServer.with { request in
            asked.withLock { $0.append(request) }
            return .json("{}", status: 503)
        } _: { server in
            let gateway = gateway(server, tries: 3)
            #expect(await gateway.capture(Self.order) == .unknown)
            #expect(await gateway.refund(Self.refund) == .unknown)
            await #expect(throws: Fault.self) { try await gateway.payment(key: "key-1") }
        }
        let keys = asked.withLock { $0.map { $0.headers["idempotency-key"] } }
        // After the refund one look whether it was done all the same.
        #expect(keys.count == 10, "\(asked.withLock { $0 })")
        #expect(Set(keys[0..<3]).count == 1 && keys[0]?.contains("key-1") == true)
        #expect(Set(keys[3..<6]) == ["cancel-\(Self.refund.id)"])
        #expect(Set(keys[6...]) == [nil])
    }

    @Test("An answer that does not come is given up in time")
    func noAnswer() async throws {
        let gate = Gate()
        try await OwnServer.with { _ in
            await gate.wait()
            return .json(Self.payment("DONE"))
        } _: { server in
            // That it comes back at all while the server is silent is what is tested.
            #expect(await gateway(server, timeoutMs: 300).capture(Self.order) == .unknown)
            gate.open()
        }
    }

    @Test("A refund that is refused with a code that nobody knows is unknown, unless it is done already")
    func unlistedRefund() async throws {
        let isDone = Mutex(false)
        try await OwnServer.with { asked in
            if asked.method == "POST" { return .json(#"{"code":"SOMETHING_NEW"}"#, status: 403) }
            let cancels = #","cancels":[{"cancelAmount":1000,"cancelReason":"why (\#(Self.refund.id))"}]"#
            return .json(Self.payment("DONE", more: isDone.withLock { $0 } ? cancels : ""))
        } _: { server in
            let gateway = gateway(server)
            #expect(await gateway.refund(Self.refund) == .unknown)
            isDone.withLock { $0 = true }
            #expect(await gateway.refund(Self.refund) == .done)
        }
    }
}
