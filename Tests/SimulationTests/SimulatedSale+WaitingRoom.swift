import CoordinationInProcess
import Domain
import Ports
import TestSupport

extension SimulatedSale {
    static let activeMax = 4

    /// The door lets fans in, and some fan looks after its place.
    func visitWaitingRoom() throws(Violation) {
        let now = clock.now()
        let seats = store.rows.seats.values
        let seatsLeft = seats.count { $0.state == .available }
        let isSoldOut = seats.allSatisfy { $0.state == .paid || $0.state == .blocked }
        let admitted = program.room.admit(date, seatsLeft: seatsLeft, isSoldOut: isSoldOut, now: now)
        let index = Int.random(in: fans.indices, using: &random)
        let fan = fans[index]
        switch random.index(weights: [6, 4, 1]) {
        case 0:
            try note(program.room.join(date, fan: fan.id, bringing: fan.queueNumber, now: now), of: index)
        case 1:
            try note(program.room.place(of: fan.id, on: date, bringing: fan.queueNumber, now: now), of: index)
        default: program.room.leave(date, fan: fan.id, now: now)
        }
        guard let figures = program.room.figures(of: date, now: now) else {
            throw Violation(rule: "waiting room", details: "the room is gone")
        }
        trace.add("door \(admitted) \(figures)")
        guard figures.active <= Self.activeMax else {
            throw Violation(rule: "waiting room", details: "\(figures.active) are inside")
        }
    }

    /// Whether a fan may hold seats now; a fan who may not takes a place in the queue instead.
    func isInside(_ index: Int) throws(Violation) -> Bool {
        let fan = fans[index]
        if program.room.isActive(fan.id, on: date, now: clock.now()) { return true }
        let place = program.room.join(date, fan: fan.id, bringing: fan.queueNumber, now: clock.now())
        try note(place, of: index)
        return place?.status == .active
    }

    /// No number is ever given to two fans, not even after a crash.
    private func note(_ place: QueuePlace?, of index: Int) throws(Violation) {
        guard let number = place?.number, number > 0 else { return }
        let fan = fans[index].id
        if let owner = queueNumbers[number], owner != fan {
            throw Violation(rule: "waiting room", details: "number \(number) of \(owner) was given to \(fan)")
        }
        queueNumbers[number] = fan
        fans[index].queueNumber = number
    }
}
