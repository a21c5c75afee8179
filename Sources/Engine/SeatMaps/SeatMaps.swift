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
    }

    private struct Loading {
        /// Tells this load from a later one of the same date.
        let number: Int
        let task: Task<Result<SeatMap?, Fault>, Never>
        /// What was committed since the load began.
        var updates: [SeatUpdate] = []
    }

    private let store: any Store
    private let broadcast: any Broadcast
    private let news: (any SeatNews)?
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

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
        let (known, task) = state.withLock { state -> (SeatMap?, Task<Result<SeatMap?, Fault>, Never>?) in
            if let map = state.byDate[date] { return (map, nil) }
            if let loading = state.loading[date] { return (nil, loading.task) }
            state.loadCount += 1
            let number = state.loadCount
            let task = Task { await self.load(date, number: number) }
            state.loading[date] = Loading(number: number, task: task)
            return (nil, task)
        }
        guard let task else { return known }
        return try await task.value.get()
    }

    private func load(_ date: DateID, number: Int) async -> Result<SeatMap?, Fault> {
        do throws(Fault) {
            let map = try await read(date)
            finish(number, of: date, with: map)
            return .success(map)
        } catch {
            finish(number, of: date, with: nil)
            return .failure(error)
        }
    }

    private func read(_ date: DateID) async throws(Fault) -> SeatMap? {
        guard let found = try await store.date(date), let concert = try await store.concert(found.concertID) else {
            return nil
        }
        let seats = try await store.seats(of: date)
        return SeatMap(
            layout: SeatLayout(dateID: date, grades: found.grades, seats: seats), seats: seats.map(\.seat),
            isPublic: concert.status != .draft, isShared: news != nil)
    }

    /// From here on the map follows. A load that was overtaken serves those who asked for it, and no others.
    private func finish(_ number: Int, of date: DateID, with map: SeatMap?) {
        let now = clock.now()
        state.withLock { state in
            guard let loading = state.loading[date], loading.number == number else { return }
            state.loading[date] = nil
            _ = map?.show(loading.updates, now: now)
            state.byDate[date] = map
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

    func replaceAll() {
        for date in state.withLock({ Array($0.byDate.keys) }) { replace(date) }
    }

    private func forget(_ date: DateID) {
        let isKnown = state.withLock { state in
            // A load that runs may have seen the seats of before.
            state.loading[date] = nil
            return state.byDate.removeValue(forKey: date) != nil
        }
        if isKnown { broadcast.publish(.mapReplaced, about: date) }
    }

    // MARK: Following other processes

    /// Takes what other processes tell until cancelled.
    func listen() async {
        guard let news else { return }
        for await arrival in news.arrivals() {
            switch arrival {
            case .changed(let date, let updates):
                if let notice = show(updates, of: date) { broadcast.publish(notice, about: date) }
            case .replaced(let date): forget(date)
            case .missed: await readAllAgain()
            }
        }
    }

    /// Heals a gap: what the store knows and a map does not is shown like any other change.
    private func readAllAgain() async {
        let maps = state.withLock { state in
            // A load that runs may have read before what was missed.
            state.loading = [:]
            return state.byDate
        }
        for (date, map) in maps {
            do throws(Fault) {
                let seats = try await store.seats(of: date)
                guard seats.map(\.seat.id) == map.layout.seatIDs else {
                    forget(date)
                    continue
                }
                if let notice = map.show(seats.map { SeatUpdate($0.seat) }, now: clock.now()) {
                    broadcast.publish(notice, about: date)
                }
            } catch {
                logger.warning("a seat map could not be read again", metadata: ["fault": "\(error)"])
                forget(date)
            }
        }
    }
}
