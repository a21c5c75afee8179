import Domain

/// One event of each kind, with ids that never change: `asyncapi.yml` shows them.
enum SampleEvents {
    static let all = Event.Kind.allCases.enumerated().map { index, kind in event(kind, number: UInt64(index) + 1) }

    private static func event(_ kind: Event.Kind, number: UInt64) -> Event {
        let date: DateID = id(0x100)
        let user: UserID = id(0x200)
        let seats = [
            Event.Seat(id: id(0x301), grade: 0, price: Won(165_000)),
            Event.Seat(id: id(0x302), grade: 1, price: Won(132_000)),
        ]
        let isOfReservation = kind.rawValue.hasPrefix("reservation.")
        let isOfDate = kind == .seatsBlocked || kind == .seatsUnblocked
        let shown: [Event.Seat] =
            switch kind {
            case .reservationPartlyRefunded, .ticketUsed, .seatsBlocked, .seatsUnblocked: [seats[0]]
            case _ where isOfReservation: seats
            default: []
            }
        let amount =
            switch kind {
            case .pointsCharged: Won(500_000)
            case .paymentReturned, .refundFailed, .ledgerDiffers: Won(132_000)
            case _ where isOfReservation: shown.reduce(.zero) { $0 + $1.price }
            default: Won.zero
            }
        return Event(
            id: id(number), kind: kind, subjectID: id(isOfReservation ? 0x400 : isOfDate ? 0x100 : 0x500 + number),
            version: isOfReservation ? Int(number) : 1, dateID: shown.isEmpty ? nil : date,
            userID: kind == .ledgerDiffers ? nil : user,
            amount: amount, seats: shown,
            at: Timestamp(milliseconds: 1_795_341_600_000 + Int64(number) * 1_001))
    }

    private static func id<Entity>(_ number: UInt64) -> ID<Entity> {
        ID(high: 0x019a_acd0_5c00_7000, low: 0x8000_0000_0000_0000 | number)
    }
}
