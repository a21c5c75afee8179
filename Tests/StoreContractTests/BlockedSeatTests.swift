import Domain
import Ports
import Testing

@Suite("Seats that staff keep back")
struct BlockedSeatTests {
    private func set(_ seats: [SeatID], of date: ConcertDate, blocked: Bool, by staff: User, in world: World)
        async throws
    {
        _ = try await world.run(
            .block(BlockSeats(dateID: date.id, seatIDs: seats, isBlocked: blocked, by: staff.id, reason: "Test")))
    }

    @Test("They are kept in the row with event and action, are nobody's, and no rule is broken", arguments: contracts)
    func kept(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (fan, staff) = (try await world.user(), try await world.user("staff", role: .staff))
            let (date, seats) = try await world.sale()
            try await set([seats[0], seats[1]], of: date, blocked: true, by: staff, in: world)
            let map = try #require(try await world.store.seatMap(of: date.id))
            #expect(map.seats.prefix(3).map(\.seat.state) == [.blocked, .blocked, .available])
            await #expect(throws: Refusal.seatTaken([seats[1]])) {
                _ = try await world.hold([seats[1], seats[2]], for: fan, of: date)
            }
            let actions = try await world.store.staffActions(before: nil, limit: 5)
            #expect(actions.map(\.kind) == [.seatsBlocked] && actions[0].staffID == staff.id)
            try await set([seats[1]], of: date, blocked: false, by: staff, in: world)
            _ = try await world.buy([seats[1], seats[2]], for: fan, of: date)
            try await world.expectCleanAudit()
        }
    }

    @Test("A layout of which seats were only kept back can be replaced", arguments: contracts)
    func replaced(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let staff = try await world.user("staff", role: .staff)
            let (date, seats) = try await world.sale()
            try await set(seats, of: date, blocked: true, by: staff, in: world)
            try await set(Array(seats.prefix(2)), of: date, blocked: false, by: staff, in: world)
            let refusal = try await world.store.replaceSeats(
                of: date.id, grades: World.grades, seats: world.mappedSeats(of: date.id, count: 3), layout: [4],
                event: world.event(.layoutReplaced, about: ID(date.id)))
            #expect(refusal == nil)
        }
    }
}

@Suite("Staff look for reservations")
struct ReservationSearchTests {
    @Test("By fan, date and state, the newest first, page by page", arguments: contracts)
    func filters(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (fan, other) = (try await world.user(), try await world.user("other"))
            let (date, seats) = try await world.sale()
            let (second, secondSeats) = try await world.sale()
            let bought = try await world.buy([seats[0]], for: fan, of: date).reservation.id
            let held = try await world.hold([seats[1]], for: fan, of: date).id
            let elsewhere = try await world.hold([secondSeats[0]], for: fan, of: second).id
            let others = try await world.hold([seats[2]], for: other, of: date).id
            let now = world.clock.now()

            func find(_ filter: ReservationFilter, before: ReservationID? = nil, limit: Int = 10) async throws
                -> ReservationPage
            { try await world.store.reservations(matching: filter, before: before, limit: limit) }

            let all = try await find(ReservationFilter(now: now))
            #expect(all.reservations.map(\.id) == [others, elsewhere, held, bought] && all.next == nil)
            let ofFan = try await find(ReservationFilter(userID: fan.id, now: now))
            #expect(ofFan.reservations.map(\.id) == [elsewhere, held, bought])
            let ofDate = try await find(ReservationFilter(dateID: date.id, now: now))
            #expect(ofDate.reservations.map(\.id) == [others, held, bought])
            let paid = try await find(ReservationFilter(userID: fan.id, dateID: date.id, status: .paid, now: now))
            #expect(paid.reservations.map(\.id) == [bought])
            #expect(paid.reservations[0].seats.map(\.id) == [seats[0]])

            let first = try await find(ReservationFilter(dateID: date.id, now: now), limit: 2)
            #expect(first.reservations.map(\.id) == [others, held] && first.next == held)
            let rest = try await find(ReservationFilter(dateID: date.id, now: now), before: first.next, limit: 2)
            #expect(rest.reservations.map(\.id) == [bought] && rest.next == nil)

            // As a fan sees it: what has run out is over, swept or not.
            let late = now.adding(seconds: 86_400)
            let pending = try await find(ReservationFilter(status: .pending, now: late))
            #expect(pending.reservations.isEmpty)
            let expired = try await find(ReservationFilter(status: .expired, now: late))
            #expect(expired.reservations.map(\.id) == [others, elsewhere, held])
            for filter in [ReservationFilter(status: .expired, now: late), ReservationFilter(status: .paid, now: now)] {
                let found = try await find(filter).reservations
                #expect(found.allSatisfy { filter.matches($0) } && !found.isEmpty)
            }
        }
    }

    @Test("The payments of a reservation, in the order they were requested", arguments: contracts)
    func payments(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0]], for: fan, of: date)
            #expect(try await world.store.payments(of: bought.reservation.id) == [bought.payment])
            let held = try await world.hold([seats[1]], for: fan, of: date)
            #expect(try await world.store.payments(of: held.id).isEmpty)
        }
    }
}
