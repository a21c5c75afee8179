internal import Domain

/// What the shop sends a fan with, and what the fan adds. Every field is a stranger's word.
struct CheckoutForm: Decodable {
    var orderId: String?
    var amount: String?
    var orderName: String?
    var successUrl: String?
    var failUrl: String?
    /// With spaces or dashes, as people write it.
    var cardNumber: String?
    /// "cancel" goes back without paying.
    var action: String?

    /// The shop's part, checked.
    struct Order: Hashable {
        let orderID: String
        let amount: Int64
        let title: String
        let successURL: String
        let failURL: String
    }

    enum Mistake: Error, Hashable {
        case unreadable
        case order
        case amount
        case addresses
        case cardNumber
        case full
    }

    func checked() throws(Mistake) -> Order {
        guard let orderId, (6...64).contains(orderId.utf8.count), orderId.utf8.allSatisfy(isPlain) else {
            throw .order
        }
        guard let amount = amount.flatMap({ Int64($0) }), (1...Won.max.amount).contains(amount) else { throw .amount }
        guard let successUrl, let failUrl, isWebAddress(successUrl), isWebAddress(failUrl) else { throw .addresses }
        let title = orderName.map { String($0.prefix(100)) } ?? ""
        return Order(
            orderID: orderId, amount: amount, title: title.isEmpty ? orderId : title, successURL: successUrl,
            failURL: failUrl)
    }

    func card() throws(Mistake) -> (TestCard, lastDigits: String) {
        let digits = (cardNumber ?? "").utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
        guard (13...19).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw .cardNumber }
        let number = String(decoding: digits, as: UTF8.self)
        return (TestCard(rawValue: number) ?? .good, String(number.suffix(4)))
    }
}

private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="):
        true
    default: false
    }
}

/// Goes into a header: no spaces, no line's end, nothing but printable ASCII.
private func isWebAddress(_ text: String) -> Bool {
    (text.hasPrefix("http://") || text.hasPrefix("https://")) && text.utf8.count <= 2_000
        && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}
