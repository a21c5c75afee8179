internal import Ports

/// Which connections of a pool are free, and what waits for one. It performs nothing: the ``LanePool`` does what it
/// returns.
///
/// While a connection may come within moments, work waits for it. Once none could be had, work is refused at once with
/// the reason, until one is back: callers learn within a moment that the database is away, and nothing piles up.
struct Roster<Job> {
    /// Work that may wait.
    static var waitingMax: Int { 10_000 }

    private enum Place {
        case connecting
        case idle
        case busy
        case away(Fault)
        case gone
    }

    enum Submission {
        case waits
        /// It waits, and this lane must be woken to take it.
        case wakes(Int)
        case refused(Job, Fault)
    }

    enum Next {
        case run(Job)
        case sleep
        case end
    }

    private var places: [Place]
    private var jobs: [Job] = []
    private var isClosed = false
    /// Counts how often things outside have changed for the better: what failed before that may work now.
    private(set) var outlook = 0

    init(count: Int) {
        places = Array(repeating: .connecting, count: count)
    }

    var hasIdle: Bool {
        places.contains { if case .idle = $0 { true } else { false } }
    }

    /// In order: whoever came first is first to get a connection.
    mutating func submit(_ job: Job) -> Submission {
        if isClosed { return .refused(job, Fault(.unavailable, attempt: "", reason: "the store is closed")) }
        if let fault = allAway { return .refused(job, fault) }
        guard jobs.count < Self.waitingMax else {
            return .refused(job, Fault(.unavailable, attempt: "", reason: "too many wait for a connection"))
        }
        jobs.append(job)
        return takeIdle().map { .wakes($0) } ?? .waits
    }

    /// What a lane with a good connection does now.
    mutating func next(for lane: Int) -> Next {
        guard jobs.isEmpty else {
            places[lane] = .busy
            return .run(jobs.removeFirst())
        }
        places[lane] = isClosed ? .gone : .idle
        return isClosed ? .end : .sleep
    }

    /// A lane's connection broke, and a new one can be expected at once. It may have been woken for work that it has not
    /// taken: another must take that, or it would lie beside an idle connection for as long as this one is away.
    ///
    /// - Returns: A lane that must be woken.
    mutating func lost(_ lane: Int) -> Int? {
        places[lane] = .connecting
        return jobs.isEmpty ? nil : takeIdle()
    }

    /// A lane could not connect.
    ///
    /// - Parameter outlook: That of the moment when it began to.
    /// - Returns: Work that nobody will do for now, with the reason.
    mutating func couldNotConnect(_ lane: Int, _ fault: Fault, outlook: Int) -> [(Job, Fault)] {
        guard outlook == self.outlook else { return [] }
        places[lane] = .away(fault)
        guard let fault = allAway else { return [] }
        defer { jobs.removeAll() }
        return jobs.map { ($0, fault) }
    }

    /// An idle lane, which is busy from now on.
    private mutating func takeIdle() -> Int? {
        let idle = places.firstIndex { if case .idle = $0 { true } else { false } }
        if let idle { places[idle] = .busy }
        return idle
    }

    /// Whether a lane without a connection should stop trying.
    mutating func shouldEnd(_ lane: Int) -> Bool {
        guard isClosed, jobs.isEmpty else { return false }
        places[lane] = .gone
        return true
    }

    /// Connections can be expected again: the schema was just made.
    mutating func expectConnections() {
        outlook += 1
        for lane in places.indices { if case .away = places[lane] { places[lane] = .connecting } }
    }

    /// Takes no more work. What waits is still done.
    mutating func close() { isClosed = true }

    /// Whether nothing is under way any more. A lane that is still connecting has nothing to lose.
    var isDone: Bool {
        isClosed && jobs.isEmpty
            && places.allSatisfy { place in
                switch place {
                case .idle, .busy: false
                case .connecting, .away, .gone: true
                }
            }
    }

    private var allAway: Fault? {
        var latest: Fault?
        for place in places {
            switch place {
            case .away(let fault): latest = fault
            case .gone: continue
            case .connecting, .idle, .busy: return nil
            }
        }
        return latest
    }
}
