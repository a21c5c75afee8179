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

    @Test("A key that has gone ahead to the next node is asked for there, while its slot is on the way")
    func ask() async throws {
        let cluster = try await OwnCluster(nodeCount: 3)
        defer { withExtendedLifetime(cluster) {} }
        let redis = RedisUnderTest(name: "cluster", url: cluster.url)
        let prefix = RedisUnderTest.newPrefix()
        let (one, other) = (
            try await redis.coordination(prefix: prefix), try await redis.coordination(prefix: prefix)
        )
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        func hold(_ coordination: RedisCoordination) async -> Bool {
            await coordination.leases.hold("sweep", until: now.adding(seconds: 60), now: now)
        }
        #expect(await hold(one))
        let slot = HashTag("sweep".utf8).slot
        let move = try await cluster.beginMoving(slot)
        try await cluster.moveKeys(of: move)
        // The scripts are not known there either: their texts go the same way.
        #expect(await hold(one))
        #expect(await hold(other) == false)
        let count = try await cluster.nodes[move.target].tell("CLUSTER", "COUNTKEYSINSLOT", "\(slot)")
        #expect(count == .integer(1))
        try await cluster.finish(move)
        #expect(await hold(one))
        #expect(await hold(other) == false)
    }

    @Test("A slot that hangs between two nodes costs a call some hundred milliseconds; it heals when the slot arrives")
    func halfMoved() async throws {
        let cluster = try await OwnCluster(nodeCount: 3)
        defer { withExtendedLifetime(cluster) {} }
        let world = try await LossWorld(cluster.url, fanCount: 20)
        for fan in world.fans[..<10] { try await world.join(fan, over: 0) }
        let move = try await cluster.beginMoving(HashTag("\(world.date)".utf8).slot)
        for _ in 0..<3 {
            let start = ContinuousClock.now
            let fault = await #expect(throws: Fault.self) {
                try await world.room(0).figures(of: world.date, now: world.now)
            }
            #expect(fault?.code == .unavailable)
            #expect(ContinuousClock.now - start < .seconds(1))
        }
        try await cluster.moveKeys(of: move)
        try await cluster.finish(move)
        for fan in world.fans[10...] { try await world.join(fan, over: 1) }
        #expect(try await world.wrongs() == [])
    }

    @Test("The check of a cluster asks every primary")
    func check() async throws {
        let cluster = try await OwnCluster(nodeCount: 3)
        defer { withExtendedLifetime(cluster) {} }
        let coordination = try await RedisUnderTest(name: "cluster", url: cluster.url).coordination()
        // Twice: the first one may have come before the slots were known.
        try await coordination.check()
        cluster.kill(Int.random(in: 0..<3))
        await #expect(throws: Fault.self) { try await coordination.check() }
    }
}
