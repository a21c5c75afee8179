/// Which node of a cluster has which slots.
struct SlotMap {
    private var owners = [RedisAddress?](repeating: nil, count: HashTag.slotCount)

    subscript(slot: Int) -> RedisAddress? {
        get { owners[slot] }
        set { owners[slot] = newValue }
    }

    var nodes: Set<RedisAddress> { Set(owners.lazy.compactMap { $0 }) }

    /// One slot of each node.
    var samples: [Int] {
        var seen: Set<RedisAddress> = []
        return owners.indices.filter { slot in owners[slot].map { seen.insert($0).inserted } ?? false }
    }

    init() {}

    /// Reads the answer to `CLUSTER SLOTS`: ranges with their primary first.
    ///
    /// - Parameter asked: The node that answered: one that does not know its own name leaves it empty.
    init?(_ reply: RedisReply, asked: RedisAddress) {
        guard let ranges = reply.array, !ranges.isEmpty else { return nil }
        for range in ranges {
            guard let parts = range.array, parts.count >= 3, let first = parts[0].integer,
                let last = parts[1].integer, first >= 0, first <= last, last < HashTag.slotCount,
                let node = parts[2].array, node.count >= 2, let port = node[1].integer
            else { return nil }
            let name = node[0].text ?? ""
            let owner = RedisAddress(host: name.isEmpty ? asked.host : name, port: Int(port))
            for slot in first...last { owners[Int(slot)] = owner }
        }
    }
}

/// What a node says of a command that it is not to answer.
enum Redirection: Hashable {
    /// The slot is another node's for good.
    case moved(slot: Int, RedisAddress)
    /// The slot is on its way to another node, which has the keys already.
    case ask(RedisAddress)
    /// Some keys are here and some there, the cluster is choosing a primary, or a node is starting.
    case tryAgain

    init?(_ error: String, asked: RedisAddress) {
        let words = error.split(separator: " ")
        switch words.first {
        case "MOVED", "ASK":
            guard words.count == 3, let slot = Int(words[1]), (0..<HashTag.slotCount).contains(slot),
                let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][words[2].index(after: colon)...])
            else { return nil }
            let name = words[2][..<colon]
            let address = RedisAddress(host: name.isEmpty ? asked.host : String(name), port: port)
            self = words[0] == "MOVED" ? .moved(slot: slot, address) : .ask(address)
        case "TRYAGAIN", "CLUSTERDOWN", "LOADING": self = .tryAgain
        default: return nil
        }
    }
}
