import Domain
import Ports
import Synchronization
import Testing

/// A clock that only moves when it is told to.
final class TestClock: WallClock {
    private let moment = Mutex(Timestamp(milliseconds: 1_800_000_000_000))

    func now() -> Timestamp { moment.withLock { $0 } }
    func advance(seconds: Int) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
    func set(_ time: Timestamp) { moment.withLock { $0 = time } }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A store of its own, a clock, and the few things every test needs: fans, a date with seats, and a way to run
/// commands as the engine does.
final class World: Sendable {
    let store: any Store
    let clock: TestClock
    private let ids = Mutex(IDSource(random: SplitMix(seed: 42)))

    init(store: any Store, clock: TestClock) {
        self.store = store
        self.clock = clock
    }

    /// Makes a world, runs `body` in it, and removes it.
    static func with(_ contract: any StoreContract, _ body: (World) async throws -> Void) async throws {
        let clock = TestClock()
        let store = try await contract.makeStore(clock: clock)
        do {
            try await body(World(store: store, clock: clock))
        } catch {
            try await contract.remove(store)
            throw error
        }
        try await contract.remove(store)
    }

    /// Asks at another time than now.
    func at<Answer>(_ time: Timestamp, _ ask: () async throws -> Answer) async rethrows -> Answer {
        let now = clock.now()
        clock.set(time)
        defer { clock.set(now) }
        return try await ask()
    }

    func id<Entity>() -> ID<Entity> { ids.withLock { $0.next(at: clock.now()) } }

    // MARK: What is there

    func user(_ name: String = "fan", role: User.Role = .fan) async throws -> User {
        let id: UserID = id()
        let user = User(id: id, email: "\(name)-\(id)@example.com", name: name, role: role, createdAt: clock.now())
        #expect(try await store.create(user, passwordHash: "hash of \(name)"))
        return user
    }

    func concert(title: String = "자리 콘서트", status: Concert.Status = .published) async throws -> Concert {
        let concert = Concert(
            id: id(), title: LocalizedText(ko: title, en: "Jari live"), artist: LocalizedText(ko: "가수", en: "Singer"),
            venue: LocalizedText(ko: "올림픽공원", en: "Olympic Park"), details: LocalizedText(ko: "설명", en: "Details"),
            status: status, createdAt: clock.now())
        try await store.add(concert, event: event(.concertChanged, about: ID(concert.id)))
        return concert
    }

    func date(of concert: ConcertID, seatsPerFanMax: Int = 4) async throws -> ConcertDate {
        let now = clock.now()
        let date = ConcertDate(
            id: id(), concertID: concert, startsAt: now.adding(seconds: 86_400), saleOpensAt: now,
            saleClosesAt: now.adding(seconds: 7_200),
            queue: QueueSettings(
                activeMax: 10, admitPerSecond: 5, activeSeconds: 300, seatsPerFanMax: seatsPerFanMax, isPaused: false),
            drawSeed: [UInt8](0..<32), createdAt: now)
        try await store.add(date, event: event(.dateChanged, about: ID(date.id)))
        return date
    }

    static let grades = [Grade(name: "VIP", price: Won(150_000)), Grade(name: "R", price: Won(90_000))]

    func mappedSeats(of date: DateID, count: Int) -> [MappedSeat] {
        (0..<count).map { index in
            let label = SeatLabel(section: "A", row: "\(index / 10 + 1)", number: "\(index % 10 + 1)")
            let seat = Seat(id: id(), dateID: date, label: label, grade: index % 2)
            let place = SeatPlace(
                label: label, grade: index % 2, position: index % 10, x: Double(index) * 0.5, y: -1.25)
            return MappedSeat(seat: seat, place: place)
        }
    }

    /// A date on sale with `seatCount` seats, VIP and R in turn.
    func sale(seatCount: Int = 6, seatsPerFanMax: Int = 4) async throws -> (date: ConcertDate, seats: [SeatID]) {
        let date = try await date(of: try await concert().id, seatsPerFanMax: seatsPerFanMax)
        let seats = mappedSeats(of: date.id, count: seatCount)
        let refusal = try await store.replaceSeats(
            of: date.id, grades: Self.grades, seats: seats, layout: [1, 2, 3],
            event: event(.layoutReplaced, about: ID(date.id)))
        #expect(refusal == nil)
        return (date, seats.map(\.seat.id))
    }

    func event(_ kind: Event.Kind, about subject: ID<Event.Subject>) -> Event {
        Event(
            id: id(), kind: kind, subjectID: subject, version: 1, dateID: nil, userID: nil, amount: .zero, seats: [],
            at: clock.now())
    }

    func answer(_ number: UInt64, body: [UInt8] = [0x7B, 0x7D]) -> StoredAnswer {
        StoredAnswer(
            scope: Digest(number, 2, 3, 4), requestHash: Digest(5, 6, 7, number), status: 201, body: body,
            createdAt: clock.now())
    }

    // MARK: What happens

    /// Runs commands as one batch, each seeing what those before it did.
    func run(_ commands: [Command], answers: [StoredAnswer] = []) async throws -> [Result<Outcome, Refusal>] {
        var keys = RowKeys()
        for command in commands { command.addKeys(to: &keys) }
        keys.answers.formUnion(answers.map(\.scope))
        return try await store.commit(keys) { [self] rows, now in
            let outcomes = commands.map { command in
                let decided = ids.withLock { ids -> Result<Decision, Refusal> in
                    do throws(Refusal) {
                        return .success(try command.decide(on: rows, ids: &ids, now: now))
                    } catch {
                        return .failure(error)
                    }
                }
                if case .success(let decision) = decided { rows.apply(decision) }
                return decided.map(\.outcome)
            }
            for answer in answers { rows.remember(answer) }
            return outcomes
        }
    }

    func run(_ command: Command) async throws -> Outcome {
        try #require(await run([command]).first).get()
    }

    func hold(_ seats: [SeatID], for user: User, of date: ConcertDate, seconds: Int = 300) async throws -> Reservation {
        let command = HoldSeats(userID: user.id, dateID: date.id, choice: .seats(seats), holdSeconds: seconds)
        guard case .held(let reservation) = try await run(.hold(command)) else { throw Unexpected() }
        return reservation
    }

    func charge(_ amount: Int64, to user: User) async throws -> Transfer {
        let command = ChargePoints(userID: user.id, amount: Won(amount))
        guard case .charged(let transfer) = try await run(.charge(command)) else { throw Unexpected() }
        return transfer
    }

    func pay(_ reservation: Reservation) async throws -> (payment: Payment, tickets: [Ticket]) {
        let command = PayWithPoints(userID: reservation.userID, reservationID: reservation.id)
        guard case .paid(let payment, let tickets) = try await run(.pay(command)) else { throw Unexpected() }
        return (payment, tickets)
    }

    /// Charges enough, holds and pays.
    func buy(_ seats: [SeatID], for user: User, of date: ConcertDate) async throws
        -> (reservation: Reservation, payment: Payment, tickets: [Ticket])
    {
        _ = try await charge(1_000_000, to: user)
        let reservation = try await hold(seats, for: user, of: date)
        let (payment, tickets) = try await pay(reservation)
        return (reservation, payment, tickets)
    }

    func refund(_ payment: Payment, _ tickets: [TicketID]?) async throws -> (payment: Payment, tickets: [Ticket]) {
        let command = RefundPayment(ownerID: payment.userID, paymentID: payment.id, ticketIDs: tickets)
        guard case .refunded(let refunded, let void) = try await run(.refund(command)) else { throw Unexpected() }
        return (refunded, void)
    }

    /// Reads rows as a command would see them.
    func rows(_ fill: @Sendable (inout RowKeys) -> Void) async throws -> Rows {
        var keys = RowKeys()
        fill(&keys)
        return try await store.commit(keys) { rows, _ in rows }
    }

    /// Fails the test when the audit finds anything.
    func expectCleanAudit(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let broken = try await store.audit().findings.filter { $0.violations > 0 }
        #expect(broken.isEmpty, sourceLocation: sourceLocation)
    }
}

/// A command came to another outcome than it must.
struct Unexpected: Error {}

extension CatalogStore {
    /// All seats of a date in the order of its layout; none of a date that is not there.
    func seats(of date: DateID) async throws(Fault) -> [MappedSeat] {
        try await seatMap(of: date)?.seats ?? []
    }

    /// Changes a row to what it is given, as staff would.
    func save(_ concert: Concert, event: Event, action: StaffAction? = nil, answer: StoredAnswer?) async throws(Fault) {
        _ = try await change(concert.id) { _ in CatalogChange(concert, event: event, action: action, answer: answer) }
    }

    func save(_ date: ConcertDate, event: Event, action: StaffAction? = nil, answer: StoredAnswer?) async throws(Fault)
    {
        _ = try await change(date.id) { _ in CatalogChange(date, event: event, action: action, answer: answer) }
    }
}
