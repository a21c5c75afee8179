import Domain
import Logging
import Ports
import StorePostgres
import StoreSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// How many one-seat holds a second a store commits, fsync included, in batches of 128:
//
//     swift run -c release StoreBench <path of a SQLite file that does not exist>
//     swift run -c release StoreBench <postgres:// URI of an empty database> [lanes, 1 if left out]
//
// One batch follows the other; on PostgreSQL as many are under way at the same time as there are lanes.
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

guard [2, 3].contains(CommandLine.arguments.count),
    let laneCount = CommandLine.arguments.count == 3 ? Int(CommandLine.arguments[2]) : 1, laneCount >= 1
else {
    print("usage: StoreBench <path of a new database> | <postgres:// URI of an empty database> [lanes]")
    exit(2)
}
let place = CommandLine.arguments[1]
let isPostgres = place.hasPrefix("postgres")
let clock = FixedClock()
let now = clock.now()
let logger = Logger(label: "bench")
let store: any Store =
    if isPostgres {
        try PostgresStore(place, lanes: laneCount, clock: clock, logger: logger)
    } else {
        try SQLiteStore(path: place, clock: clock, logger: logger)
    }
try await store.migrate()
var ids = IDSource(random: SystemRandomNumberGenerator())

var users: [UserID] = []
for first in stride(from: 0, to: userCount, by: 100) {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in first..<first + 100 {
            let user = User(
                id: ids.next(at: now), email: "\(number)@example.com", name: "Fan", role: .fan, createdAt: now)
            users.append(user.id)
            group.addTask { _ = try await store.create(user, passwordHash: "none") }
        }
        try await group.waitForAll()
    }
}
let text = LocalizedText(ko: "공연", en: "Concert")
let concert = Concert(
    id: ids.next(at: now), title: text, artist: text, venue: text, details: text, status: .published, createdAt: now)
try await store.add(concert, event: event(.concertChanged, ID(concert.id), ids: &ids, now: now))
var holds: [(Command, scope: Digest)] = []
for _ in 0..<dateCount {
    let date = makeDate(of: concert.id, ids: &ids, now: now)
    try await store.add(date, event: event(.dateChanged, ID(date.id), ids: &ids, now: now))
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
@Sendable func commit(_ commands: ArraySlice<(Command, scope: Digest)>, answer body: [UInt8]) async throws -> Int {
    var keys = RowKeys()
    for (command, scope) in commands {
        command.addKeys(to: &keys)
        keys.answers.insert(scope)
    }
    return try await store.commit(keys) { rows, now in
        mint.withLock { ids in
            var held = 0
            for (command, scope) in commands {
                guard let decision = try? command.decide(on: rows, ids: &ids, now: now) else { continue }
                rows.apply(decision)
                rows.remember(StoredAnswer(scope: scope, requestHash: scope, status: 201, body: body, createdAt: now))
                held += 1
            }
            return held
        }
    }
}

extension UInt64 {
    static func random() -> UInt64 { random(in: .min ... .max) }
}

let body = [UInt8](repeating: 0x20, count: 400)
let mint = Mutex(ids)
let work = Mutex(stride(from: 0, to: holds.count, by: batchSize).map { $0 }[...])
let batches = holds
/// Of all threads of this process: a figure that other programs on the machine disturb less than wall time.
func cpuSeconds() -> Double {
    var spent = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent)
    return Double(spent.tv_sec) + Double(spent.tv_nsec) / 1e9
}
let cpuStart = cpuSeconds()
let time = ContinuousClock()
let start = time.now
/// Takes one batch after the other until none is left.
@Sendable func runLane() async throws -> (held: Int, durations: [Duration]) {
    let time = ContinuousClock()
    var held = 0
    var durations: [Duration] = []
    while let first = work.withLock({ $0.popFirst() }) {
        let begin = time.now
        held += try await commit(batches[first..<min(first + batchSize, batches.count)], answer: body)
        durations.append(time.now - begin)
    }
    return (held, durations)
}
let lanes = try await withThrowingTaskGroup(of: (held: Int, durations: [Duration]).self) { group in
    for _ in 0..<laneCount { group.addTask { try await runLane() } }
    var lanes: [(held: Int, durations: [Duration])] = []
    for try await lane in group { lanes.append(lane) }
    return lanes
}
let total = time.now - start
let held = lanes.reduce(0) { $0 + $1.held }
let durations = lanes.flatMap(\.durations).sorted()
let milliseconds = { (share: Double) -> Double in
    (durations[Int(Double(durations.count - 1) * share)] / .milliseconds(1) * 100).rounded() / 100
}
print("\(held) holds, \(Int(Double(held) / (total / .seconds(1)))) holds/s")
print("CPU: \(Int((cpuSeconds() - cpuStart) * 1e6 / Double(held))) us a hold")
print("batch of \(batchSize), ms: p50 \(milliseconds(0.5)) p99 \(milliseconds(0.99)) max \(milliseconds(1))")
if let store = store as? SQLiteStore { try store.close() }
if let store = store as? PostgresStore { await store.close() }
