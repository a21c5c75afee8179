import Domain
import Logging
import Ports
import StoreSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// How many one-seat holds a second the embedded store commits, fsync included, with one caller and batches of 128:
//
//     swift run -c release StoreBench <path of a database that does not exist>
//
// Each hold is a whole one: limit of seats, seat, reservation, event, outbox and an idempotency record with an answer
// of 400 bytes. Seats and fans come in random order, as at an on-sale moment.

struct FixedClock: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000) }
}

let dateCount = 2
let seatCountPerDate = 64_000
let userCount = 20_000
let batchSize = 128

func makeDate(of concert: ConcertID, ids: inout IDSource, now: Timestamp) -> ConcertDate {
    ConcertDate(
        id: ids.next(at: now), concertID: concert, startsAt: now.adding(seconds: 86_400), saleOpensAt: now,
        saleClosesAt: now.adding(seconds: 3600),
        queue: QueueSettings(
            activeMax: 1000, admitPerSecond: 100, activeSeconds: 600, seatsPerFanMax: 50, isPaused: false),
        drawSeed: [UInt8](repeating: 7, count: 32), createdAt: now)
}

func event(_ kind: Event.Kind, _ id: ID<Event.Subject>, ids: inout IDSource, now: Timestamp) -> Event {
    Event(
        id: ids.next(at: now), kind: kind, subjectID: id, version: 1, dateID: nil, userID: nil, amount: .zero,
        seats: [], at: now)
}

guard CommandLine.arguments.count == 2 else {
    print("usage: StoreBench <path of a new database>")
    exit(2)
}
let clock = FixedClock()
let now = clock.now()
let store = try SQLiteStore(path: CommandLine.arguments[1], clock: clock, logger: Logger(label: "bench"))
try await store.migrate()
var ids = IDSource(random: SystemRandomNumberGenerator())

var users: [UserID] = []
for number in 0..<userCount {
    let user = User(id: ids.next(at: now), email: "\(number)@example.com", name: "Fan", role: .fan, createdAt: now)
    _ = try await store.create(user, passwordHash: "none")
    users.append(user.id)
}
let text = LocalizedText(ko: "공연", en: "Concert")
let concert = Concert(
    id: ids.next(at: now), title: text, artist: text, venue: text, details: text, status: .published, createdAt: now)
try await store.save(concert, event: event(.concertChanged, ID(concert.id), ids: &ids, now: now), answer: nil)
var holds: [(Command, scope: Digest)] = []
for _ in 0..<dateCount {
    let date = makeDate(of: concert.id, ids: &ids, now: now)
    try await store.save(date, event: event(.dateChanged, ID(date.id), ids: &ids, now: now), answer: nil)
    let seats = (0..<seatCountPerDate).map { index in
        let label = SeatLabel(section: "A", row: "\(index / 100)", number: "\(index % 100)")
        return MappedSeat(
            seat: Seat(id: ids.next(at: now), dateID: date.id, label: label, grade: 0),
            place: SeatPlace(label: label, grade: 0, position: index % 100, x: 0, y: 0))
    }
    _ = try await store.replaceSeats(
        of: date.id, grades: [Grade(name: "R", price: Won(110_000))], seats: seats, layout: [],
        event: event(.layoutReplaced, ID(date.id), ids: &ids, now: now))
    holds += seats.shuffled().map { mapped in
        let hold = HoldSeats(
            userID: users[Int.random(in: 0..<userCount)], dateID: date.id, choice: .seats([mapped.seat.id]),
            holdSeconds: 300)
        return (.hold(hold), scope: Digest(.random(), .random(), .random(), .random()))
    }
}

/// One batch, as the engine runs it. Returns how many holds were made.
func commit(_ commands: ArraySlice<(Command, scope: Digest)>, ids first: IDSource, answer body: [UInt8])
    async throws -> (Int, IDSource)
{
    var keys = RowKeys()
    for (command, scope) in commands {
        command.addKeys(to: &keys)
        keys.answers.insert(scope)
    }
    return try await store.commit(keys) { rows, now in
        var ids = first
        var held = 0
        for (command, scope) in commands {
            guard let decision = try? command.decide(on: rows, ids: &ids, now: now) else { continue }
            rows.apply(decision)
            rows.remember(StoredAnswer(scope: scope, requestHash: scope, status: 201, body: body, createdAt: now))
            held += 1
        }
        return (held, ids)
    }
}

extension UInt64 {
    static func random() -> UInt64 { random(in: .min ... .max) }
}

let body = [UInt8](repeating: 0x20, count: 400)
var durations: [Duration] = []
var held = 0
/// Of all threads of this process: a figure that other programs on the machine disturb less than wall time.
func cpuSeconds() -> Double {
    var spent = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent)
    return Double(spent.tv_sec) + Double(spent.tv_nsec) / 1e9
}
let cpuStart = cpuSeconds()
let time = ContinuousClock()
let start = time.now
for first in stride(from: 0, to: holds.count, by: batchSize) {
    let begin = time.now
    let (count, next) = try await commit(
        holds[first..<min(first + batchSize, holds.count)], ids: ids, answer: body)
    ids = next
    held += count
    durations.append(time.now - begin)
    if durations.count.isMultiple(of: 250) {
        let last = durations.suffix(250).reduce(.zero, +)
        print("\(held) held, last \(Int(Double(250 * batchSize) / (last / .seconds(1)))) holds/s")
    }
}
let total = time.now - start
durations.sort()
let milliseconds = { (share: Double) -> Double in
    (durations[Int(Double(durations.count - 1) * share)] / .milliseconds(1) * 100).rounded() / 100
}
print("\(held) holds, \(Int(Double(held) / (total / .seconds(1)))) holds/s")
print("CPU: \(Int((cpuSeconds() - cpuStart) * 1e6 / Double(held))) us a hold")
print("batch of \(batchSize), ms: p50 \(milliseconds(0.5)) p99 \(milliseconds(0.99)) max \(milliseconds(1))")
try store.close()
