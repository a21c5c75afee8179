@testable import CoordinationRedis

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

    /// A slot on its way from one node to the next, by their indices.
    struct Move {
        let slot: Int
        let owner: Int
        let target: Int
    }

    /// Moves a slot to the next node, key by key, as redis-cli does.
    func move(_ slot: Int) async throws {
        let move = try await beginMoving(slot)
        try await moveKeys(of: move)
        try await finish(move)
    }

    func beginMoving(_ slot: Int) async throws -> Move {
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
        return Move(slot: slot, owner: owner, target: target)
    }

    func moveKeys(of move: Move) async throws {
        let owner = nodes[move.owner]
        while true {
            let keys = try await owner.tell("CLUSTER", "GETKEYSINSLOT", "\(move.slot)", "2").array ?? []
            if keys.isEmpty { return }
            for key in keys.compactMap(\.text) {
                try await owner.tell("MIGRATE", "127.0.0.1", "\(ports[move.target])", key, "0", "5000")
            }
        }
    }

    func finish(_ move: Move) async throws {
        for index in [move.target, move.owner] {
            try await nodes[index].tell("CLUSTER", "SETSLOT", "\(move.slot)", "NODE", ids[move.target])
        }
    }
}
