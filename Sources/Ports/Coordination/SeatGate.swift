public import Domain

/// A quick guess at whether seats are worth asking the store for, so that a flood on one seat stops here.
///
/// It is a hint: it may forget everything or answer late, and no seat is sold twice for it. It may refuse a seat that
/// has just become free, never for longer than the time it was given.
public protocol SeatGate: Sendable {
    /// Closes the gate behind a fan, on all of the seats or on none.
    ///
    /// - Parameter date: The date that the seats are of.
    /// - Returns: The seats that another fan has closed. Empty when the fan is through.
    func close(_ seats: [SeatID], on date: DateID, for fan: UserID, until: Timestamp, now: Timestamp) async -> [SeatID]
    /// Opens it again: the fan did not get the seats, or gave them back.
    func open(_ seats: [SeatID], on date: DateID, for fan: UserID) async
}
