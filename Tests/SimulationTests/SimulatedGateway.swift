import Domain
import TestSupport

/// A payment gateway with a ledger of its own, which survives every crash of the program. It declines, does not answer
/// in time, forgets to say what it did, and does it later.
struct SimulatedGateway: Sendable {
    enum State: Hashable, Sendable {
        case open
        /// It has been asked, has not answered, and will capture by and by.
        case slow
        case captured
        case over(code: String)
    }

    struct Entry: Sendable {
        let order: PaymentID
        let amount: Won
        var state = State.open
        /// What was given back, by the key of the call: each once.
        var refunds: [RefundID: Won] = [:]
    }

    private(set) var entries: [String: Entry] = [:]
    private var keyOfOrder: [PaymentID: String] = [:]

    /// The fan agrees on the gateway's page.
    ///
    /// - Returns: The key with which the browser comes back.
    mutating func agree(to order: PaymentID, amount: Won) -> String {
        if let key = keyOfOrder[order] { return key }
        let key = "key of \(order)"
        entries[key] = Entry(order: order, amount: amount)
        keyOfOrder[order] = key
        return key
    }

    func payment(of order: PaymentID) -> (key: String, entry: Entry)? {
        keyOfOrder[order].flatMap { key in entries[key].map { (key, $0) } }
    }

    /// - Parameter isWell: Whether it does at once what it is asked, and says so.
    mutating func capture(
        _ order: PaymentID, key: String, amount: Won, isWell: Bool, random: inout SeededRandom
    ) -> CaptureResult {
        guard var entry = entries[key], entry.order == order, entry.amount == amount else { return .wrongKey }
        defer { entries[key] = entry }
        let lot = isWell ? 99 : Int.random(in: 0..<100, using: &random)
        switch (entry.state, lot) {
        case (.open, ..<10): return .unknown
        case (.open, ..<25):
            entry.state = .slow
            return .unknown
        case (.open, ..<35):
            entry.state = .over(code: "CARD_DECLINED")
            return .declined(code: "CARD_DECLINED")
        case (.open, _), (.slow, 50...), (.captured, _):
            entry.state = .captured
            return (35..<50).contains(lot) ? .unknown : .captured(amount: entry.amount)
        case (.slow, _): return .unknown
        case (.over(let code), _): return .declined(code: code)
        }
    }

    /// What it was slow with, it does now.
    mutating func wake() {
        for key in entries.keys where entries[key]?.state == .slow { entries[key]?.state = .captured }
    }

    /// Gives money back, once for each `refund`. False when the answer is lost.
    mutating func refund(_ refund: RefundID, key: String, amount: Won, isWell: Bool, random: inout SeededRandom) -> Bool
    {
        if !isWell, random.isLucky(percent: 25) { return false }
        entries[key]?.refunds[refund] = amount
        return isWell || !random.isLucky(percent: 25)
    }
}
