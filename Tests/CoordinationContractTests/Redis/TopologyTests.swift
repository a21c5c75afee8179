import Domain
import Ports
import Testing

@testable import CoordinationRedis

/// Sentinels and clusters of the tests' own, whose primaries die and whose slots move.
@Suite(
    "Redis with several servers", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct TopologyTests {
    @Test("When the primary dies, calls go on at the server that the sentinels promote, and no number is given twice")
    func failover() async throws {
        let redis = try OwnRedis()
        defer { withExtendedLifetime(redis) {} }
        let ports = try OwnRedis.freePorts(5)
        try redis.start(ports[0])
        try redis.start(ports[1], "--replicaof", "127.0.0.1", "\(ports[0])")
        let replica = try RedisOperator(port: ports[1])
        try await wait(until: "the replica follows") {
            try await replica.tell("INFO", "replication").text?.contains("master_link_status:up") == true
        }
        for port in ports[2...] { try redis.startSentinel(port, watching: ports[0]) }
        for port in ports[2...] {
            let sentinel = try RedisOperator(port: port)
            try await wait(until: "sentinel \(port) knows the others and the replica") {
                let state = try await sentinel.tell("SENTINEL", "MASTER", "jari").array?.compactMap(\.text) ?? []
                func value(_ name: String) -> String? {
                    state.firstIndex(of: name).map { state[$0 + 1] }
                }
                return value("num-other-sentinels") == "2" && value("num-slaves") == "1"
            }
        }
        let sentinels = ports[2...].map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let world = try await LossWorld("redis-sentinel://\(sentinels)/jari")
        try await world.rush {
            try await wait(until: "a third has joined") {
                world.joins.numbers(of: world.date).count >= world.fans.count / 3
            }
            redis.kill(ports[0])
        }
        #expect(try await world.wrongs() == [])
        #expect(try await replica.tell("ROLE").array?.first?.text == "master")
        #expect(world.blockCount == 2)
    }

    @Test("Slots that move from node to node under load cost nobody a place or a number")
    func migration() async throws {
        let cluster = try await OwnCluster(nodeCount: 3)
        defer { withExtendedLifetime(cluster) {} }
        let world = try await LossWorld(cluster.url)
        let slot = HashTag("\(world.date)".utf8).slot
        try await world.rush {
            for count in [50, 150] {
                try await wait(until: "\(count) fans have joined") {
                    world.joins.numbers(of: world.date).count >= count
                }
                try await cluster.move(slot)
            }
        }
        #expect(try await world.wrongs() == [])
        // Each of the two new homes is looked at with suspicion, once.
        #expect(world.blockCount == 3)
    }

    @Test("A node that dies takes its slots along, and the others serve on")
    func deadNode() async throws {
        let cluster = try await OwnCluster(nodeCount: 3)
        defer { withExtendedLifetime(cluster) {} }
        let redis = RedisUnderTest(name: "cluster", url: cluster.url)
        let coordination = try await redis.coordination()
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        var random = SplitMix(seed: 5)
        let dates: [DateID] = (0..<60).map { _ in random.id() }
        let seat: SeatID = random.id()
        func closed() async -> Int {
            var count = 0
            for date in dates {
                let (one, other): (UserID, UserID) = (random.id(), random.id())
                _ = await coordination.gate.close([seat], on: date, for: one, until: now.adding(seconds: 9), now: now)
                let taken = await coordination.gate.close(
                    [seat], on: date, for: other, until: now.adding(seconds: 9), now: now)
                if !taken.isEmpty { count += 1 }
            }
            return count
        }
        #expect(await closed() == 60)
        // Without this the whole cluster stops when one slot has no node.
        for node in cluster.nodes {
            try await node.tell("CONFIG", "SET", "cluster-require-full-coverage", "no")
        }
        cluster.kill(2)
        let lost = dates.count { HashTag("\($0)".utf8).slot > 10_922 }
        #expect(lost > 5 && lost < 55)
        try await wait(until: "the other nodes serve theirs") { await closed() == 60 - lost }
    }
}

/// A cluster of primaries without replicas.
final class OwnCluster: Sendable {
    let nodes: [RedisOperator]
    private let redis: OwnRedis
    private let ports: [Int]
    private let ids: [String]

    var url: String { "redis-cluster://" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") }

    init(nodeCount: Int) async throws {
        redis = try OwnRedis()
        ports = try OwnRedis.freePorts(nodeCount)
        var nodes: [RedisOperator] = []
        var ids: [String] = []
        for (index, port) in ports.enumerated() {
            try redis.start(
                port, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-config-file", "nodes")
            let node = try RedisOperator(port: port)
            try await node.waitUntilThere()
            let first = index * HashTag.slotCount / nodeCount
            let last = (index + 1) * HashTag.slotCount / nodeCount - 1
            try await node.tell("CLUSTER", "ADDSLOTSRANGE", "\(first)", "\(last)")
            try await node.tell("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
            if let before = nodes.first { try await before.tell("CLUSTER", "MEET", "127.0.0.1", "\(port)") }
            ids.append(try await node.tell("CLUSTER", "MYID").text ?? "")
            nodes.append(node)
        }
        self.nodes = nodes
        self.ids = ids
        for node in nodes {
            try await wait(until: "all nodes know each other") {
                let info = try await node.tell("CLUSTER", "INFO").text ?? ""
                return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:\(nodeCount)")
            }
        }
    }

    func kill(_ index: Int) { redis.kill(ports[index]) }

    /// Moves a slot to the next node, key by key, as redis-cli does.
    func move(_ slot: Int) async throws {
        var owner = 0
        for (index, node) in nodes.enumerated() {
            let lines = try await node.tell("CLUSTER", "NODES").text?.split(separator: "\n") ?? []
            guard let own = lines.first(where: { $0.contains("myself") }) else { continue }
            let ranges = own.split(separator: " ").dropFirst(8).compactMap { part -> ClosedRange<Int>? in
                let ends = part.split(separator: "-").compactMap { Int($0) }
                return ends.isEmpty ? nil : ends[0]...(ends.last ?? ends[0])
            }
            if ranges.contains(where: { $0.contains(slot) }) { owner = index }
        }
        let target = (owner + 1) % nodes.count
        try await nodes[target].tell("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", ids[owner])
        try await nodes[owner].tell("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", ids[target])
        while true {
            let keys = try await nodes[owner].tell("CLUSTER", "GETKEYSINSLOT", "\(slot)", "2").array ?? []
            if keys.isEmpty { break }
            for key in keys.compactMap(\.text) {
                try await nodes[owner].tell("MIGRATE", "127.0.0.1", "\(ports[target])", key, "0", "5000")
            }
        }
        for index in [target, owner] {
            try await nodes[index].tell("CLUSTER", "SETSLOT", "\(slot)", "NODE", ids[target])
        }
    }
}
