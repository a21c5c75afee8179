import Domain
import Ports
import Testing

@Suite("Why a fan gave tickets back")
struct RefundReasonTests {
    @Test("The reason is kept also with tickets that are sold and given back in one batch", arguments: contracts)
    func oneBatch(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[0]], for: fan, of: date)
            let begun = try await world.begin(try await world.request(held), key: "k")
            let complete = CompletePayment(
                ownerID: fan.id, paymentID: begun.id, paymentKey: "k", result: .captured(amount: begun.card),
                retryMs: 1_000, claim: begun.claim)
            let refund = RefundPayment(ownerID: fan.id, paymentID: begun.id, ticketIDs: nil, reason: "못 가요")
            for result in try await world.run([.completePayment(complete), .refund(refund)]) { _ = try result.get() }
            let tickets = try await world.store.tickets(of: held.id)
            #expect(tickets.map(\.status) == [.void] && tickets.map(\.refundReason) == ["못 가요"])
            try await world.expectCleanAudit()
        }
    }
}
