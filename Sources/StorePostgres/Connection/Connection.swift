internal import CLibpq
internal import Domain

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// One connection, in libpq's pipeline mode on a non-blocking socket. It belongs to the thread of its ``Lane``.
///
/// Statements are sent together and answered together: ``exchange(_:limitMs:)`` is one round trip, however many there
/// are. A statement is prepared the first time it is sent, in the same round trip.
final class Connection {
    /// How long the server may take to answer before the connection is given up. A `COMMIT` has no limit but the first
    /// (see ``PrimaryTimeline/commitLimitMs``): while it waits for a standby, giving it up would leave it waiting with its
    /// locks, and tell nobody what becomes of it. That the server is gone is noticed by the socket.
    static let answerLimitMs = 30_000

    private let handle: OpaquePointer
    /// The names of prepared statements, by their text.
    private var prepared: [String: String] = [:]
    private var nextName = 0
    private var isGivenUp = false
    private var plansMadeMs = Monotonic.nowMs
    /// Where it writes, and whether that is still the place to write; nil for a connection that may be with a standby.
    private var place: (PrimaryTimeline.Place, PrimaryTimeline)?
    /// Whether a commit that comes back here shows that commits come back.
    private var showsCommits = false

    /// Connects, and waits for it: the thread has nothing else to do. libpq's blocking call is the one that gives each
    /// of several hosts its time limit.
    ///
    /// - Throws: ``Pipeline/Failure/lost(reason:mayHaveCommitted:)`` with libpq's own words.
    init(_ address: Address, role: SessionRole) throws(Pipeline.Failure) {
        let handle = address.connect(before: role.defaults, after: SessionRole.fixed)
        guard let handle else { throw .lost(reason: "out of memory", mayHaveCommitted: false) }
        guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1
        else {
            let reason = Self.words(of: handle)
            PQfinish(handle)
            throw .lost(reason: reason, mayHaveCommitted: false)
        }
        // Notices are for people at a terminal.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        self.handle = handle
    }

    deinit {
        PQfinish(handle)
    }

    /// Whether the connection is of no use any more; the lane then makes another.
    var isLost: Bool { isGivenUp || isSuperseded }

    /// Whether another server was promoted since the connection was made.
    private var isSuperseded: Bool { place.map { place, timeline in !timeline.isNewest(place) } ?? false }

    /// From now on the connection is lost when a newer primary is seen, by whatever connection of the store.
    func follow(_ timeline: PrimaryTimeline, at place: PrimaryTimeline.Place, showsCommits: Bool) {
        self.place = (place, timeline)
        self.showsCommits = showsCommits
    }

    var socket: CInt { PQsocket(handle) }

    /// To be called when the socket has something to read while nothing was asked: usually that the server is gone.
    func noticeIdleInput() {
        if PQconsumeInput(handle) == 0 || PQstatus(handle) != CONNECTION_OK { giveUp() }
    }

    /// Makes the lane connect anew: this server is not, or no longer, the one to talk to.
    func giveUp() { isGivenUp = true }

    /// How long plans are kept.
    static let plansKeptMs = 5_000

    /// Whether the server's plans are old. True once for each time that they are.
    func isTimeToForgetPlans() -> Bool {
        let now = Monotonic.nowMs
        guard now - plansMadeMs >= Self.plansKeptMs else { return false }
        plansMadeMs = now
        return true
    }

    /// For a connection that only reads, and so begins no transaction that could do it on the way: a plan that was made
    /// for an empty table may walk through all of one that has grown.
    func forgetOldPlans() throws(Pipeline.Failure) {
        if isTimeToForgetPlans() { _ = try exchange([.forgetPlans]) }
    }

    // MARK: Round trips

    /// Sends statements as one pipeline and waits for all answers.
    ///
    /// Without a `BEGIN` among them they are one transaction of their own.
    ///
    /// - Parameter limitMs: Does not count when there is a `COMMIT` among them.
    /// - Returns: The result of each request, in their order.
    func exchange(_ requests: [Request], limitMs: Int = Connection.answerLimitMs)
        throws(Pipeline.Failure) -> [QueryResult]
    {
        // Half-way through a batch, too: nothing more is committed on a server that is no longer the primary.
        guard !isLost else { throw lose(Pipeline([])) }
        var steps: [Pipeline.Step] = []
        var unknown: [String: String] = [:]
        for (index, request) in requests.enumerated() {
            let name: String
            if let known = prepared[request.sql] ?? unknown[request.sql] {
                name = known
            } else {
                name = "s\(nextName)"
                nextName += 1
                unknown[request.sql] = name
                guard prepare(request, as: name) else { throw lose(Pipeline(steps)) }
                steps.append(.prepare(index))
            }
            steps.append(request.isCommit ? .commit(index) : .run(index))
            guard send(request, as: name) else { throw lose(Pipeline(steps)) }
        }
        var pipeline = Pipeline(steps)
        guard PQpipelineSync(handle) == 1 else { throw lose(pipeline) }

        var results: [QueryResult] = []
        results.reserveCapacity(requests.count)
        let commits = requests.contains { $0.isCommit }
        let limitMs = commits ? place?.1.commitLimitMs : limitMs
        let deadline = limitMs.map { Monotonic.nowMs + $0 }
        while true {
            guard waitForResult(until: deadline) else {
                throw lose(
                    pipeline, late: commits ? "no commit came back in \(limitMs ?? 0) ms: is a standby away?" : nil)
            }
            let result = PQgetResult(handle).map { QueryResult($0) }
            guard let arrival = arrival(result) else { throw lose(pipeline) }
            switch pipeline.received(arrival) {
            case .wait: break
            case .prepared(let index): prepared[requests[index].sql] = unknown[requests[index].sql]
            case .keep: if let result { results.append(result) }
            case .finish:
                if commits, showsCommits { place?.1.noteCommit() }
                return results
            case .fail(let failure):
                if case .lost = failure { giveUp() }
                throw failure
            }
        }
    }

    /// Ends a transaction that came to nothing. The connection is lost when even that fails.
    func rollBack() {
        guard !isLost, PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
        do throws(Pipeline.Failure) {
            _ = try exchange([.rollback])
        } catch {
            giveUp()
        }
    }

    /// Nil when libpq itself complains, which it does once the connection is gone.
    private func arrival(_ result: QueryResult?) -> Pipeline.Arrival? {
        guard let result else { return .endOfStep }
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return .result
        case PGRES_PIPELINE_SYNC: return .sync
        case PGRES_PIPELINE_ABORTED: return .skipped
        default:
            let error = result.error
            return error.state.isEmpty ? nil : .refused(error)
        }
    }

    // MARK: The socket

    /// Sends what libpq has in its buffer and reads until a whole result has come, or the connection is gone: then
    /// libpq hands out what the server said last, and after that its own complaint. False when the time is up, or another
    /// server is the primary now: what this one does is of no interest any more.
    private func waitForResult(until deadline: Int?) -> Bool {
        while true {
            let unsent = PQflush(handle)
            if unsent == 0, PQisBusy(handle) == 0 { return true }
            if unsent < 0 || PQstatus(handle) != CONNECTION_OK { return true }
            let left = deadline.map { $0 - Monotonic.nowMs } ?? .max
            guard left > 0, !isSuperseded else { return false }
            var descriptor = pollfd(
                fd: PQsocket(handle), events: Int16(POLLIN) | (unsent > 0 ? Int16(POLLOUT) : 0), revents: 0)
            _ = poll(&descriptor, 1, CInt(min(left, 1_000)))
            // Also when nothing is ready: with TLS libpq may have what it needs in a buffer of its own.
            if PQconsumeInput(handle) == 0 { return true }
        }
    }

    /// - Parameter late: What to say of a server that is there and has not answered in time.
    private func lose(_ pipeline: Pipeline, late: String? = nil) -> Pipeline.Failure {
        let isSuperseded = isSuperseded
        giveUp()
        if isSuperseded { return pipeline.connectionLost("another server is the primary now") }
        let isAlive = PQstatus(handle) == CONNECTION_OK
        let words = Self.words(of: handle)
        return pipeline.connectionLost(isAlive && words.isEmpty ? late ?? "the server did not answer in time" : words)
    }

    /// libpq's latest complaint, in one line.
    private static func words(of handle: OpaquePointer) -> String {
        String(cString: PQerrorMessage(handle)).inOneLine
    }

    // MARK: Sending

    private func prepare(_ request: Request, as name: String) -> Bool {
        request.parameters.types.withUnsafeBufferPointer { types in
            PQsendPrepare(handle, name, request.sql, CInt(types.count), types.baseAddress) == 1
        }
    }

    private func send(_ request: Request, as name: String) -> Bool {
        let places = request.parameters.places
        return request.parameters.bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: places.count) { values in
                withUnsafeTemporaryAllocation(of: CInt.self, capacity: places.count * 2) { numbers in
                    for (index, place) in places.enumerated() {
                        values.initializeElement(at: index, to: place.flatMap { Self.address(of: $0, in: bytes) })
                        numbers.initializeElement(at: index, to: CInt(place?.count ?? 0))
                        numbers.initializeElement(at: places.count + index, to: binaryFormat)
                    }
                    let lengths = UnsafePointer(numbers.baseAddress)
                    return PQsendQueryPrepared(
                        handle, name, CInt(places.count), UnsafePointer(values.baseAddress), lengths,
                        lengths.map { $0 + places.count }, binaryFormat) == 1
                }
            }
        }
    }

    private static func address(of place: Range<Int>, in bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar>? {
        bytes.baseAddress.map { ($0 + place.lowerBound).assumingMemoryBound(to: CChar.self) }
    }
}

private let binaryFormat: CInt = 1
