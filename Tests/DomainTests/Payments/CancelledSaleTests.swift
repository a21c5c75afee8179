import Domain
import TestSupport
import Testing

@Suite("Paying when the date is called off")
struct CancelledSaleTests {
    @Test("A hold of a date that was cancelled since is not paid")
    func cancelled() throws {
        var sale = PureSale()
        sale.rows.read(Wallet(userID: sale.fan, balance: Won(1_000_000)))
        let held = try sale.held([0])
        var called = try #require(sale.rows.sales[sale.date])
        called.isCancelled = true
        sale.rows.read(called)
        #expect(sale.refusal(sale.pay(held.id)) == .saleClosed)
    }

    @Test("A hold is paid after the sale has closed")
    func closed() throws {
        var sale = PureSale()
        sale.rows.read(Wallet(userID: sale.fan, balance: Won(1_000_000)))
        sale.now = PureSale.noon.adding(seconds: 3599)
        let held = try sale.held([0])
        sale.now = PureSale.noon.adding(seconds: 3601)
        #expect(sale.refusal(sale.pay(held.id)) == nil)
    }
}
