import Domain
import Ports
import Synchronization

/// Makes events with ids that never repeat.
struct EventSource {
    private var ids = IDSource(random: SystemRandomNumberGenerator())
    private var versions: [ReservationID: Int] = [:]

    mutating func id<Entity>() -> ID<Entity> {
        ids.next(at: Timestamp(milliseconds: 1))
    }

    /// An event of a reservation whose seats are given as grade and price.
    mutating func event(
        _ kind: Event.Kind, of reservation: ReservationID, on date: DateID?, seats: [(grade: Int, price: Int64)],
        at: Timestamp = Timestamp(milliseconds: 0)
    ) -> Event {
        versions[reservation, default: 0] += 1
        return Event(
            id: id(), kind: kind, subjectID: ID(reservation), version: versions[reservation] ?? 1, dateID: date,
            userID: id(), amount: Won(seats.reduce(0) { $0 + $1.price }),
            seats: seats.map { Event.Seat(id: id(), grade: $0.grade, price: Won($0.price)) }, at: at)
    }
}

/// A consumer that remembers what it was brought, and fails as often as it is told to.
final class RecordingConsumer: EventConsumer {
    let name: String
    private let state: Mutex<(batches: [[Event]], faultsLeft: Int)>
    private let judge: @Sendable (Event) -> Fault.Code?

    /// - Parameter judge: What is wrong with an event: a batch with such a one in it fails.
    init(name: String = "recording", faults: Int = 0, judge: @escaping @Sendable (Event) -> Fault.Code? = { _ in nil })
    {
        self.name = name
        self.judge = judge
        state = Mutex((batches: [], faultsLeft: faults))
    }

    var batches: [[Event]] { state.withLock { $0.batches } }
    var seen: [Event] { batches.flatMap { $0 } }

    /// Of each subject its events in the order in which each was seen for the first time.
    func firstSeen() -> [ID<Event.Subject>: [EventID]] {
        var known: Set<EventID> = []
        return seen.filter { known.insert($0.id).inserted }.bySubject()
    }

    func consume(_ events: [Event]) async throws(Fault) {
        let code = state.withLock { state -> Fault.Code? in
            if state.faultsLeft > 0 {
                state.faultsLeft -= 1
                return .unavailable
            }
            for event in events {
                if let code = judge(event) { return code }
            }
            state.batches.append(events)
            return nil
        }
        if let code { throw Fault(code, attempt: "consume", reason: "told to fail") }
    }
}

extension [Event] {
    /// Of each subject the ids of its events, in order.
    func bySubject() -> [ID<Event.Subject>: [EventID]] {
        Dictionary(grouping: self, by: \.subjectID).mapValues { $0.map(\.id) }
    }
}

/// The projection's tables in memory, with the contract's promise: each event counts once.
final class MemorySalesFigures: SalesFiguresStore {
    private struct State {
        var seen: Set<EventID> = []
        var grades: [DateID: [Int: SalesFigures.Grade]] = [:]
        var minutes: [DateID: [Timestamp: SalesFigures.Minute]] = [:]
    }

    private let state = Mutex(State())

    func add(_ events: [Event], deltas: @Sendable @escaping ([Event]) -> [SalesDelta]) async throws(Fault) {
        state.withLock { state in
            let fresh = events.filter { state.seen.insert($0.id).inserted }
            for delta in deltas(fresh) {
                for grade in delta.figures.grades {
                    var sum = state.grades[delta.dateID]?[grade.grade] ?? SalesFigures.Grade(grade: grade.grade)
                    sum.held += grade.held
                    sum.sold += grade.sold
                    sum.revenue += grade.revenue
                    state.grades[delta.dateID, default: [:]][grade.grade] = sum
                }
                for minute in delta.figures.minutes {
                    var sum =
                        state.minutes[delta.dateID]?[minute.startsAt] ?? SalesFigures.Minute(startsAt: minute.startsAt)
                    sum.tickets += minute.tickets
                    sum.revenue += minute.revenue
                    state.minutes[delta.dateID, default: [:]][minute.startsAt] = sum
                }
            }
        }
    }

    /// Nothing grows old in these tests.
    func forgetConsumed(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int { 0 }

    func figures(of date: DateID, since: Timestamp) async throws(Fault) -> SalesFigures {
        state.withLock { state in
            SalesFigures(
                grades: (state.grades[date] ?? [:]).values.sorted { $0.grade < $1.grade },
                minutes: (state.minutes[date] ?? [:]).values.filter { $0.startsAt >= since }
                    .sorted { $0.startsAt < $1.startsAt })
        }
    }
}
