internal import Logging
internal import NIOCore
internal import Ports
internal import Synchronization

/// The nodes of a cluster: finds the one that has a key's slot, and follows the slots when they move.
final class ClusterServers: RedisServers {
    private static let redirectionCountMax = 8
    private static let refreshEveryMs: Int64 = 250
    /// While the keys of a slot are moved one by one, nothing that names several of them is answered: it is tried again
    /// after 20 ms, twice as long each time, for 300 ms together. Whoever asks after that finds the slot where it went.
    private static let tryAgainAfterMs: Int64 = 20
    private static let tryAgainCountMax = 4
    /// A link to a node without slots is closed after this: slots may be on their way to it.
    private static let unusedAfter = TimeAmount.seconds(10)

    private struct State {
        var slots = SlotMap()
        var links: [RedisAddress: (link: RedisLink, usedAt: NIODeadline)] = [:]
        var isRefreshing = false
        var isClosed = false
        var refreshedAt: NIODeadline?
        /// Calls that came before the slots were known.
        var early: [Journey] = []
        var knowsSlots = false
    }

    /// A command on its way.
    private struct Journey: Sendable {
        let command: RedisCommand
        let slot: Int
        let deadline: NIODeadline
        let completion: RedisCompletion
        var redirectionCount = 0
        var tryAgainCount = 0
    }

    private let dial: RedisDial
    private let seeds: [RedisAddress]
    private let loop: any EventLoop
    private let state = Mutex(State())

    init(_ dial: RedisDial, seeds: [RedisAddress]) {
        self.dial = dial
        self.seeds = seeds
        loop = dial.group.next()
    }

    var spreadsKeys: Bool { true }

    func start() { refresh() }

    func close() {
        let links = state.withLock { state in
            state.isClosed = true
            return state.links.values.map(\.link)
        }
        for link in links { link.close() }
        failEarly()
    }

    func send(_ command: RedisCommand, tag: HashTag, _ completion: @escaping RedisCompletion) {
        let deadline = NIODeadline.now() + .milliseconds(Int64(dial.timeOutMs))
        go(Journey(command: command, slot: tag.slot, deadline: deadline, completion: completion))
    }

    func subscriptionAddress() async throws(Fault) -> RedisAddress {
        // Any node hears all: published messages go through the whole cluster. Another one each time.
        let nodes = state.withLock { $0.slots.nodes }
        return nodes.randomElement() ?? seeds.randomElement() ?? seeds[0]
    }

    func check() async throws(Fault) {
        // Before the slots are known, any one will do: it waits for them.
        let samples = state.withLock { $0.knowsSlots ? $0.slots.samples : [0] }
        let fault = await withTaskGroup(of: Fault?.self) { group in
            for slot in samples {
                group.addTask {
                    do throws(Fault) {
                        try await self.sign(HashTag(slot: slot))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let fault { throw fault }
    }

    // MARK: - Journeys

    private func go(_ journey: Journey) {
        enum Way {
            case link(RedisLink, RedisAddress)
            case later, nowhere
        }
        let way = state.withLock { state -> Way in
            if let owner = state.slots[journey.slot] { return .link(self.link(to: owner, &state), owner) }
            guard !state.knowsSlots, !state.isClosed, state.isRefreshing,
                state.early.count < LinkState<RedisCompletion>.callCountMax
            else { return .nowhere }
            state.early.append(journey)
            return .later
        }
        switch way {
        case .link(let link, let address): go(journey, over: link, to: address)
        case .later: break
        case .nowhere:
            refresh()
            journey.completion(.failure(Self.away("no node has slot \(journey.slot)")))
        }
    }

    private func go(_ journey: Journey, over link: RedisLink, to address: RedisAddress, isAsking: Bool = false) {
        link.send(journey.command, isAsking: isAsking) { result in
            switch result {
            case .failure:
                // The node may be gone for good, and its slots another's.
                self.refresh()
                journey.completion(result)
            case .success(let reply):
                if let error = reply.errorText, let redirection = Redirection(error, asked: address) {
                    self.follow(redirection, journey, error)
                } else {
                    if reply.errorText?.hasPrefix("READONLY") == true { self.refresh() }
                    journey.completion(result)
                }
            }
        }
    }

    private func follow(_ redirection: Redirection, _ journey: Journey, _ error: String) {
        var journey = journey
        journey.redirectionCount += 1
        guard NIODeadline.now() < journey.deadline else { return journey.completion(.failure(Self.away(error))) }
        switch redirection {
        case .moved(let slot, let address):
            state.withLock { $0.slots[slot] = address }
            refresh()
            guard journey.redirectionCount <= Self.redirectionCountMax else {
                return journey.completion(.failure(Self.away(error)))
            }
            go(journey)
        case .ask(let address):
            let link = state.withLock { state -> RedisLink in self.link(to: address, &state) }
            go(journey, over: link, to: address, isAsking: true)
        case .tryAgain:
            refresh()
            guard journey.tryAgainCount < Self.tryAgainCountMax else {
                return journey.completion(.failure(Self.away(error)))
            }
            let afterMs = Self.tryAgainAfterMs << Int64(journey.tryAgainCount)
            journey.tryAgainCount += 1
            loop.scheduleTask(in: .milliseconds(afterMs)) { [journey] in self.go(journey) }
        }
    }

    private func link(to address: RedisAddress, _ state: inout State) -> RedisLink {
        if let known = state.links[address]?.link {
            state.links[address]?.usedAt = .now()
            return known
        }
        let link = dial.link(Dialling(loop: loop, tls: dial.tls), for: .keys) { () throws(Fault) in address }
        state.links[address] = (link, .now())
        link.start()
        return link
    }

    // MARK: - Slots

    /// Asks the nodes for the slots, at most four times a second.
    private func refresh() {
        let isDue = state.withLock { state in
            guard !state.isRefreshing, !state.isClosed else { return false }
            if let last = state.refreshedAt, NIODeadline.now() - last < .milliseconds(Self.refreshEveryMs) {
                return false
            }
            state.isRefreshing = true
            return true
        }
        guard isDue else { return }
        Task { await self.askForSlots() }
        loop.scheduleTask(in: .milliseconds(Int64(dial.timeOutMs))) { self.failEarly() }
    }

    private func failEarly() {
        let early = state.withLock { state in
            defer { state.early = [] }
            return state.early
        }
        for journey in early { journey.completion(.failure(Self.away("no node tells the slots"))) }
    }

    private func askForSlots() async {
        let known = state.withLock { $0.slots.nodes }
        var found: SlotMap?
        for address in Array(known.shuffled()) + seeds where found == nil {
            let link = dial.link(dial.dialling(), for: .anyNode) { () throws(Fault) in address }
            link.start()
            found = try? SlotMap(await link.send(RedisCommand("CLUSTER", "SLOTS")), asked: address)
            link.close()
        }
        if found == nil { dial.logger.warning("no node of the Redis cluster tells the slots") }
        let (early, gone) = state.withLock { state -> ([Journey], [RedisLink]) in
            state.isRefreshing = false
            state.refreshedAt = .now()
            guard let found, !state.isClosed else { return ([], []) }
            state.slots = found
            state.knowsSlots = true
            let nodes = found.nodes
            let gone = state.links.filter { address, known in
                !nodes.contains(address) && NIODeadline.now() - known.usedAt > Self.unusedAfter
            }
            for address in gone.keys { state.links[address] = nil }
            defer { state.early = [] }
            return (state.early, gone.values.map(\.link))
        }
        for link in gone { link.close() }
        if found == nil { failEarly() }
        for journey in early { go(journey) }
    }

    private static func away(_ reason: String) -> Fault {
        Fault(.unavailable, attempt: "ask the Redis cluster", reason: reason)
    }
}
