internal import GatewayToss

/// Who takes card payments.
enum GatewayAddress: Sendable {
    /// A stand-in that moves no money. Nil: one inside this program.
    case sandbox(url: String?)
    case toss(url: String, secretKey: String, clientKey: String)
}

/// How charged points are paid for.
enum PointsCharge: String, CaseIterable {
    /// They are credited at once: the money was taken elsewhere, or it is a rehearsal.
    case direct
    case gateway
}
