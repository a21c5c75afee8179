internal import Domain
internal import Ports

/// Where fans pay, and where they are sent from there.
///
/// The page is the sandbox's own, or for Toss Payments ``TossCheckoutPage``, which we serve and which opens theirs.
public struct TossCheckout: Hashable, Sendable {
    /// Without a query.
    public var pageURL: String
    /// Where the browser comes back with `paymentKey`, `orderId` and `amount`.
    public var successURL: String
    /// Where it comes back with `code`, `message` and `orderId`.
    public var failURL: String

    public init(pageURL: String, successURL: String, failURL: String) {
        self.pageURL = pageURL
        self.successURL = successURL
        self.failURL = failURL
    }

    func url(for order: CheckoutOrder) -> String {
        let fields = [
            ("orderId", order.orderID.description), ("amount", String(order.amount.amount)),
            ("orderName", order.title), ("successUrl", successURL), ("failUrl", failURL),
        ]
        return pageURL + "?" + fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    }
}

/// The text with every byte encoded that has, or could have, a meaning in an address.
func percentEncoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            bytes.append(UInt8(ascii: "%"))
            bytes.append(hexDigits[Int(byte >> 4)])
            bytes.append(hexDigits[Int(byte & 15)])
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private let hexDigits = [UInt8]("0123456789ABCDEF".utf8)
