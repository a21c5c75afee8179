import Domain
import Ports

/// A whole store whose sales go through another: what a test stands between the engine and the real store.
struct ComposedStore: Store {
    let sales: any SalesStore
    let base: any Store

    // MARK: Sales

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result { try await sales.commit(keys, decide: decide) }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await sales.overdueHolds(limit: limit)
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await sales.forgetAnswers(olderThanSeconds: seconds, limit: limit)
    }

    // MARK: Reading

    func wallet(of user: UserID) async throws(Fault) -> Wallet { try await base.wallet(of: user) }

    func transfers(of user: UserID, before: TransferID?, limit: Int) async throws(Fault) -> [Transfer] {
        try await base.transfers(of: user, before: before, limit: limit)
    }

    func reservation(_ id: ReservationID) async throws(Fault) -> Reservation? { try await base.reservation(id) }

    func reservations(of user: UserID, before: ReservationID?, limit: Int) async throws(Fault) -> [Reservation] {
        try await base.reservations(of: user, before: before, limit: limit)
    }

    func reservations(matching filter: ReservationFilter, before: ReservationID?, limit: Int) async throws(Fault)
        -> ReservationPage
    { try await base.reservations(matching: filter, before: before, limit: limit) }

    func payment(_ id: PaymentID) async throws(Fault) -> Payment? { try await base.payment(id) }

    func payments(of reservation: ReservationID) async throws(Fault) -> [Payment] {
        try await base.payments(of: reservation)
    }

    func tickets(of reservation: ReservationID) async throws(Fault) -> [Ticket] {
        try await base.tickets(of: reservation)
    }

    func ticket(_ id: TicketID) async throws(Fault) -> Ticket? { try await base.ticket(id) }

    func tickets(of user: UserID, before: TicketID?, limit: Int) async throws(Fault) -> [Ticket] {
        try await base.tickets(of: user, before: before, limit: limit)
    }

    // MARK: Payments

    func unknownPayments(limit: Int) async throws(Fault) -> [Payment] {
        try await base.unknownPayments(limit: limit)
    }

    func dueRefunds(limit: Int) async throws(Fault) -> [(refund: Refund, payment: Payment)] {
        try await base.dueRefunds(limit: limit)
    }

    func refunds(of payment: PaymentID) async throws(Fault) -> [Refund] { try await base.refunds(of: payment) }

    func payments(_ ids: [PaymentID]) async throws(Fault) -> [Payment] { try await base.payments(ids) }

    func cardPayments(after: PaymentID?, limit: Int) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    {
        try await base.cardPayments(after: after, limit: limit)
    }

    func cardPayments(_ ids: [PaymentID]) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    {
        try await base.cardPayments(ids)
    }

    func overdueCharges(olderThanSeconds seconds: Int, limit: Int) async throws(Fault)
        -> [ExpireCharge]
    {
        try await base.overdueCharges(olderThanSeconds: seconds, limit: limit)
    }

    func paymentFigures() async throws(Fault) -> PaymentFigures { try await base.paymentFigures() }

    // MARK: Catalogue

    func concerts(search: String, includeDrafts: Bool, before: ConcertID?, limit: Int) async throws(Fault) -> [Concert]
    {
        try await base.concerts(search: search, includeDrafts: includeDrafts, before: before, limit: limit)
    }

    func concert(_ id: ConcertID) async throws(Fault) -> Concert? { try await base.concert(id) }

    func dates(of concert: ConcertID) async throws(Fault) -> [ConcertDate] { try await base.dates(of: concert) }
    func dates(of concerts: [ConcertID]) async throws(Fault) -> [ConcertDate] { try await base.dates(of: concerts) }

    func date(_ id: DateID) async throws(Fault) -> ConcertDate? { try await base.date(id) }

    func dates(closingAfter moment: Timestamp, limit: Int)
        async throws(Fault) -> [(date: ConcertDate, isOnSale: Bool)]
    {
        try await base.dates(closingAfter: moment, limit: limit)
    }

    func add(_ concert: Concert, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault) {
        try await base.add(concert, event: event, action: action, answer: answer)
    }

    func add(_ date: ConcertDate, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault) {
        try await base.add(date, event: event, action: action, answer: answer)
    }

    func change(_ concert: ConcertID, _ change: @Sendable @escaping (Concert) -> CatalogChange<Concert>)
        async throws(Fault) -> (before: Concert, after: Concert)?
    {
        try await base.change(concert, change)
    }

    func change(_ date: DateID, _ change: @Sendable @escaping (ConcertDate) -> CatalogChange<ConcertDate>)
        async throws(Fault) -> (before: ConcertDate, after: ConcertDate)?
    {
        try await base.change(date, change)
    }

    func delete(_ concert: ConcertID, action: StaffAction?) async throws(Fault) -> CatalogRefusal? {
        try await base.delete(concert, action: action)
    }

    func delete(_ date: DateID, action: StaffAction?) async throws(Fault) -> CatalogRefusal? {
        try await base.delete(date, action: action)
    }

    func replaceSeats(
        of date: DateID, grades: [Grade], seats: [MappedSeat], layout: [UInt8], event: Event, action: StaffAction?
    ) async throws(Fault) -> CatalogRefusal? {
        try await base.replaceSeats(
            of: date, grades: grades, seats: seats, layout: layout, event: event, action: action)
    }

    func keep(_ draw: DrawResult, of date: DateID) async throws(Fault) { try await base.keep(draw, of: date) }

    func keptDraw(of date: DateID) async throws(Fault) -> DrawResult? { try await base.keptDraw(of: date) }

    func layout(of date: DateID) async throws(Fault) -> [UInt8]? { try await base.layout(of: date) }

    func seatMap(of date: DateID) async throws(Fault) -> StoredSeatMap? { try await base.seatMap(of: date) }

    func claimQueueNumbers(of date: DateID, count: Int64) async throws(Fault) -> Int64 {
        try await base.claimQueueNumbers(of: date, count: count)
    }

    func staffActions(before: ID<StaffAction>?, limit: Int) async throws(Fault) -> [StaffAction] {
        try await base.staffActions(before: before, limit: limit)
    }

    func answer(_ scope: Digest) async throws(Fault) -> StoredAnswer? { try await base.answer(scope) }

    // MARK: Accounts

    func create(_ user: User, passwordHash: String) async throws(Fault) -> Bool {
        try await base.create(user, passwordHash: passwordHash)
    }

    func user(_ id: UserID) async throws(Fault) -> User? { try await base.user(id) }

    func credentials(email: String) async throws(Fault) -> (user: User, passwordHash: String)? {
        try await base.credentials(email: email)
    }

    func setRole(_ role: User.Role, of user: UserID, action: StaffAction?) async throws(Fault) -> User? {
        try await base.setRole(role, of: user, action: action)
    }

    func create(_ session: Session, sessionCountMax: Int) async throws(Fault) -> [ID<Session>] {
        try await base.create(session, sessionCountMax: sessionCountMax)
    }

    func rotate(
        _ session: ID<Session>, from presented: [UInt8], to next: [UInt8], expiresAt: Timestamp, now: Timestamp,
        againForSeconds: Int
    ) async throws(Fault) -> SessionRotation {
        try await base.rotate(
            session, from: presented, to: next, expiresAt: expiresAt, now: now, againForSeconds: againForSeconds)
    }

    func end(_ session: ID<Session>) async throws(Fault) { try await base.end(session) }

    func forgetSessions(expiredForSeconds seconds: Int) async throws(Fault) {
        try await base.forgetSessions(expiredForSeconds: seconds)
    }

    // MARK: Events and upkeep

    func undelivered(limit: Int) async throws(Fault) -> [Event] { try await base.undelivered(limit: limit) }

    func markDelivered(_ events: [EventID]) async throws(Fault) { try await base.markDelivered(events) }

    func undeliveredCount() async throws(Fault) -> Int { try await base.undeliveredCount() }

    func add(_ events: [Event], deltas: @Sendable @escaping ([Event]) -> [SalesDelta]) async throws(Fault) {
        try await base.add(events, deltas: deltas)
    }

    func forgetConsumed(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await base.forgetConsumed(olderThanSeconds: seconds, limit: limit)
    }

    func figures(of date: DateID, since: Timestamp) async throws(Fault) -> SalesFigures {
        try await base.figures(of: date, since: since)
    }

    func audit() async throws(Fault) -> AuditReport { try await base.audit() }

    func migrate() async throws(Fault) { try await base.migrate() }

    func check() async throws(Fault) { try await base.check() }
}
