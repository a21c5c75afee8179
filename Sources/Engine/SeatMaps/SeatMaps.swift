internal import Domain
internal import Logging
internal import Ports
internal import Synchronization

/// The seat maps of this process: loaded when first asked for, then following every commit.
///
/// A map may be loaded while batches commit: what they change meanwhile is kept and shown on top, and since a seat's
/// newer row wins, it does not matter which of it the load has seen already.
final class SeatMaps: Sendable {
    private struct State {
        var byDate: [DateID: SeatMap] = [:]
        var loading: [DateID: Loading] = [:]
        var loadCount = 0
        /// Dates whose map may lack something that was committed.
        var doubtful: Set<DateID> = []
        var refreshedAt: [DateID: Timestamp] = [:]
    }

    private struct Loading {
        /// Tells this load from a later one of the same date.
        let number: Int
        let task: Task<Result<Load, Fault>, Never>
        /// What was committed since the load began.
        var updates: [SeatUpdate] = []
    }

    private let store: any Store
    private let broadcast: any Broadcast
    private let news: (any SeatNews)?
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())
    private let doubts = WakeUp()
    /// How long a store that did not answer is left alone.
    private static let retryMs = 500
    private static let refreshIntervalMs: Int64 = 1_000

    init(
        store: any Store, broadcast: any Broadcast, news: (any SeatNews)?, clock: any WallClock, logger: Logger
    ) {
        self.store = store
        self.broadcast = broadcast
        self.news = news
        self.clock = clock
        self.logger = logger
    }

    // MARK: Reading

    /// Nil when there is no such date. Everybody who asks while a map is loaded waits for the same load.
    func map(of date: DateID) async throws(Fault) -> SeatMap? {
        while true {
            let (known, task) = state.withLock { state -> (SeatMap?, Task<Result<Load, Fault>, Never>?) in
                if let map = state.byDate[date] { return (map, nil) }
                if let loading = state.loading[date] { return (nil, loading.task) }
                state.loadCount += 1
                let number = state.loadCount
                let task = Task { await self.load(date, number: number) }
                state.loading[date] = Loading(number: number, task: task)
                return (nil, task)
            }
            guard let task else { return known }
            // A map that was overtaken while it was loaded would never follow.
            if case .loaded(let map) = try await task.value.get() { return map }
        }
    }

    private enum Load {
        case loaded(SeatMap?)
        case overtaken
    }

    private func load(_ date: DateID, number: Int) async -> Result<Load, Fault> {
        do throws(Fault) {
            let map = try await read(date)
            return .success(finish(number, of: date, with: map) ? .loaded(map) : .overtaken)
        } catch {
            _ = finish(number, of: date, with: nil)
            return .failure(error)
        }
    }

    private func read(_ date: DateID) async throws(Fault) -> SeatMap? {
        guard let stored = try await store.seatMap(of: date) else { return nil }
        return SeatMap(
            layout: SeatLayout(dateID: date, grades: stored.grades, seats: stored.seats),
            seats: stored.seats.map(\.seat), isPublic: stored.isPublic, isShared: news != nil)
    }

    /// From here on the map follows.
    ///
    /// - Returns: False when the load was overtaken.
    private func finish(_ number: Int, of date: DateID, with map: SeatMap?) -> Bool {
        let now = clock.now()
        return state.withLock { state in
            guard let loading = state.loading[date], loading.number == number else { return false }
            state.loading[date] = nil
            _ = map?.show(loading.updates, now: now)
            state.byDate[date] = map
            return true
        }
    }

    // MARK: Following commits

    /// Shows what a batch of this process committed, and tells the other processes.
    ///
    /// - Returns: What to tell those who look at the dates.
    func show(_ seats: [Seat]) -> [(DateID, Notice)] {
        guard !seats.isEmpty else { return [] }
        return Dictionary(grouping: seats, by: \.dateID).compactMap { date, seats in
            let updates = seats.map(SeatUpdate.init)
            news?.send(.changed(date, updates))
            return show(updates, of: date).map { (date, $0) }
        }
    }

    private func show(_ updates: [SeatUpdate], of date: DateID) -> Notice? {
        let map = state.withLock { state in
            state.loading[date]?.updates += updates
            return state.byDate[date]
        }
        return map?.show(updates, now: clock.now())
    }

    /// Forgets a map, so that it is loaded again, and has the other processes do the same.
    func replace(_ date: DateID) {
        news?.send(.replaced(date))
        forget(date)
    }

    private func forget(_ date: DateID) {
        let isKnown = state.withLock { state in
            // A load that runs may have seen the seats of before.
            state.loading[date] = nil
            state.refreshedAt[date] = nil
            return state.byDate.removeValue(forKey: date) != nil
        }
        if isKnown { broadcast.publish(.mapReplaced, about: date) }
    }

    // MARK: Following other processes, and the store where they may be wrong

    /// Takes what other processes tell, and compares with the store what may lack something, until cancelled.
    func follow() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.compareDoubtful() }
        }
    }

    private func listen() async {
        guard let news else { return }
        for await arrival in news.arrivals() {
            switch arrival {
            case .changed(let date, let updates):
                if let notice = show(updates, of: date) { broadcast.publish(notice, about: date) }
            case .replaced(let date): forget(date)
            case .missed: compareAll()
            }
        }
    }

    /// Has every map compared with the store, soon, here and in the other processes: nobody knows what was committed.
    func compareEverywhere() {
        news?.send(.missed)
        compareAll()
    }

    /// Has a date's map compared with the store, soon. Until then it is shown as it is.
    func doubt(_ date: DateID) {
        state.withLock { state in
            if state.byDate[date] != nil { state.doubtful.insert(date) }
        }
        doubts.wake()
    }

    private func compareAll() {
        state.withLock { state in
            // A load that runs may have read before what was missed.
            state.loading = [:]
            state.doubtful.formUnion(state.byDate.keys)
        }
        doubts.wake()
    }

    /// Compares a map with the store now, once a second at most. Not an error: a store that does not answer.
    func refresh(_ date: DateID) async {
        let now = clock.now()
        let isDue = state.withLock { state in
            guard state.byDate[date] != nil else { return false }
            if let last = state.refreshedAt[date], now.milliseconds(since: last) < Self.refreshIntervalMs {
                return false
            }
            state.refreshedAt[date] = now
            return true
        }
        if isDue { try? await compare(date) }
    }

    private func compareDoubtful() async {
        while !Task.isCancelled {
            guard let date = state.withLock({ $0.doubtful.popFirst() }) else {
                await doubts.sleep(limitMs: 60_000)
                continue
            }
            do throws(Fault) {
                try await compare(date)
            } catch {
                logger.warning("a seat map could not be compared", metadata: ["fault": "\(error)"])
                state.withLock { _ = $0.doubtful.insert(date) }
                try? await Task.sleep(for: .milliseconds(Self.retryMs))
            }
        }
    }

    /// What the store knows and the map does not is shown like any other change.
    private func compare(_ date: DateID) async throws(Fault) {
        guard let map = state.withLock({ $0.byDate[date] }) else { return }
        guard let stored = try await store.seatMap(of: date), map.shows(stored) else { return forget(date) }
        if let notice = show(stored.seats.map { SeatUpdate($0.seat) }, of: date) {
            broadcast.publish(notice, about: date)
        }
    }
}

extension StoredSeatMap {
    /// Fans do not see the seats of a draft.
    fileprivate var isPublic: Bool { concertStatus != .draft }
}

extension SeatMap {
    /// Whether the store's map has the same seats, for the same people: all that may differ is who has them.
    fileprivate func shows(_ stored: StoredSeatMap) -> Bool {
        isPublic == stored.isPublic && layout.grades == stored.grades
            && layout.seatIDs.elementsEqual(stored.seats.lazy.map(\.seat.id))
    }
}
