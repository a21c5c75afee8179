import Domain
import Ports
import Testing

@Suite("What staff did is kept with what it did")
struct StaffActionTests {
    @Test("Every change of staff leaves its action, the newest first, a page at a time", arguments: contracts)
    func everyChange(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff, fan) = (world.store, try await world.user(role: .staff), try await world.user())
            let concert = try await world.concert()
            let (date, seats) = try await world.sale()
            #expect(try await store.staffActions(before: nil, limit: 10).isEmpty)
            func action(
                _ kind: StaffAction.Kind, on subject: ID<StaffAction.Subject>, detail: String? = nil
            ) -> StaffAction {
                StaffAction(
                    id: world.id(), kind: kind, subjectID: subject, staffID: staff.id, detail: detail,
                    at: world.clock.now())
            }
            let concertChanged = action(.concertChanged, on: ID(concert.id))
            try await store.save(
                concert, event: world.event(.concertChanged, about: ID(concert.id)), action: concertChanged,
                answer: nil)
            let queueChanged = action(.queueChanged, on: ID(date.id), detail: "maxActive 10 → 5, 한글")
            try await store.save(
                date, event: world.event(.dateChanged, about: ID(date.id)), action: queueChanged, answer: nil)
            let layoutReplaced = action(.layoutReplaced, on: ID(date.id))
            let next = world.mappedSeats(of: date.id, count: 2)
            let refusal = try await store.replaceSeats(
                of: date.id, grades: World.grades, seats: next, layout: [1],
                event: world.event(.layoutReplaced, about: ID(date.id)), action: layoutReplaced)
            #expect(refusal == nil)
            let roleChanged = action(.roleChanged, on: ID(fan.id), detail: "STAFF")
            #expect(try await store.setRole(.staff, of: fan.id, action: roleChanged)?.role == .staff)
            let dateDeleted = action(.dateDeleted, on: ID(date.id))
            #expect(try await store.delete(date.id, action: dateDeleted) == nil)
            let concertDeleted = action(.concertDeleted, on: ID(concert.id))
            #expect(try await store.delete(concert.id, action: concertDeleted) == nil)

            let all = [concertChanged, queueChanged, layoutReplaced, roleChanged, dateDeleted, concertDeleted]
            let page = try await store.staffActions(before: nil, limit: 4)
            try #require(page == Array(all.reversed().prefix(4)))
            #expect(try await store.staffActions(before: page[3].id, limit: 4) == Array(all.reversed().suffix(2)))
            #expect(seats.count == 6)
        }
    }

    @Test("What is refused, or finds nothing, leaves no action", arguments: contracts)
    func refused(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff, fan) = (world.store, try await world.user(role: .staff), try await world.user())
            let (date, seats) = try await world.sale()
            _ = try await world.hold([seats[0]], for: fan, of: date)
            func action(_ kind: StaffAction.Kind) -> StaffAction {
                StaffAction(
                    id: world.id(), kind: kind, subjectID: ID(date.id), staffID: staff.id, at: world.clock.now())
            }
            #expect(try await store.delete(date.id, action: action(.dateDeleted)) == .hasReservations)
            #expect(try await store.delete(date.concertID, action: action(.concertDeleted)) == .hasReservations)
            let replaced = try await store.replaceSeats(
                of: date.id, grades: [], seats: [], layout: [],
                event: world.event(.layoutReplaced, about: ID(date.id)), action: action(.layoutReplaced))
            #expect(replaced == .hasReservations)
            #expect(try await store.delete(world.id() as DateID, action: action(.dateDeleted)) == .notFound)
            #expect(try await store.delete(world.id() as ConcertID, action: action(.concertDeleted)) == .notFound)
            #expect(try await store.setRole(.admin, of: world.id(), action: action(.roleChanged)) == nil)
            #expect(try await store.staffActions(before: nil, limit: 10).isEmpty)
        }
    }

    @Test("A refund by staff and a check-in leave theirs in the batch, with the reason", arguments: contracts)
    func inBatches(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (staff, fan) = (try await world.user(role: .staff), try await world.user())
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)
            _ = try await world.run(
                .checkIn(CheckIn(code: bought.tickets[0].code, gate: "Gate 3", by: staff.id)))
            _ = try await world.run(
                .refund(
                    RefundPayment(
                        ownerID: fan.id, paymentID: bought.payment.id, ticketIDs: [bought.tickets[1].id],
                        reason: "공연장 사정", staffID: staff.id)))
            let actions = try await world.store.staffActions(before: nil, limit: 10)
            try #require(actions.map(\.kind) == [.paymentRefunded, .ticketCheckedIn])
            #expect(actions.map(\.subjectID) == [ID(bought.payment.id), ID(bought.tickets[0].id)])
            #expect(actions.map(\.reason) == ["공연장 사정", nil])
            #expect(actions[1].detail == "Gate 3")
            #expect(actions.allSatisfy { $0.staffID == staff.id && $0.at == world.clock.now() })
        }
    }

    @Test("A fan's own refund is no action of staff", arguments: contracts)
    func ownRefund(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0]], for: fan, of: date)
            _ = try await world.refund(bought.payment, nil)
            #expect(try await world.store.staffActions(before: nil, limit: 10).isEmpty)
        }
    }
}
