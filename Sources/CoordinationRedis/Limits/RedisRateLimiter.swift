public import Domain
public import Ports

/// Token buckets in Redis, so that a limit holds over all processes.
///
/// A bucket is kept as the moment at which it will be full again. In a cluster, keys are spread over shards; what is asked
/// of one shard at the same time goes in one call. When Redis is away each process has buckets of its own.
public final class RedisRateLimiter: RateLimiter {
    private static let clusterShardCount = 32
    private static let batchMax = 256
    private static let waitingMax = 20_000
    /// How much longer than needed a bucket is kept, for processes whose clocks differ.
    private static let slackMs = 10_000

    private struct Taking: Sendable {
        let key: RateKey
        let limit: RateLimit
        let now: Timestamp
    }

    /// `ARGV` is three numbers a key: now, what a token takes, and a whole burst, in microseconds.
    private static let script = RedisScript(
        #"""
        local fullAt, waits, taken = redis.call('MGET', unpack(KEYS)), {}, {}
        for index, key in ipairs(KEYS) do
          local now, token = tonumber(ARGV[index * 3 - 2]), tonumber(ARGV[index * 3 - 1])
          local after = math.max(taken[key] or tonumber(fullAt[index] or 0), now) + token
          local excess = after - now - tonumber(ARGV[index * 3])
          if excess > 0 then
            waits[index] = math.ceil(excess / 1000)
          else
            waits[index] = 0
            taken[key] = after
            redis.call('SET', key, string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + \#(slackMs))
          end
        end
        return waits
        """#)

    private let local = LocalBuckets()
    private let takings: Gatherer<Int, Taking, Int?>
    /// One where there is one server: a call costs it far more than a key.
    private let shardCount: Int

    init(servers: any RedisServers, prefix: String) {
        shardCount = servers.spreadsKeys ? Self.clusterShardCount : 1
        takings = Gatherer(batchMax: Self.batchMax, waitingMax: Self.waitingMax) { shard, takings, completion in
            let tag = Array("rate\(shard)".utf8)
            let start = Array("\(prefix):{".utf8) + tag + [UInt8(ascii: "}"), UInt8(ascii: ":")]
            var arguments: [RedisCommand.Word] = []
            for taking in takings {
                let bucket = Bucket(taking.limit)
                arguments.append(.integer(taking.now.milliseconds * 1_000))
                arguments.append(.integer(bucket.microsPerToken))
                arguments.append(.integer(bucket.capacity))
            }
            servers.run(
                Self.script, keys: takings.map { start + $0.key.text }, arguments: arguments, tag: HashTag(tag)
            ) { result in
                completion(
                    result.flatMap { reply in
                        guard let waits = reply.array, waits.count == takings.count else {
                            return .failure(Fault(.broken, attempt: "take a token", reason: "\(reply)"))
                        }
                        return .success(waits.map { wait in wait.integer.flatMap { $0 > 0 ? Int($0) : nil } })
                    })
            }
        }
    }

    /// - Parameter limit: At least one token an hour, and a burst of one token or more.
    public func take(_ key: RateKey, limit: RateLimit, now: Timestamp) async -> Int? {
        do throws(Fault) {
            return try await takings.ask(Taking(key: key, limit: limit, now: now), of: key.shard(of: shardCount))
        } catch {
            return local.take(key, limit: limit, now: now)
        }
    }
}

extension RateKey {
    fileprivate var text: [UInt8] {
        switch subject {
        case .user(let user):
            var text = Array("\(route):u:".utf8)
            text.append(user)
            return text
        case .address(let address): return Array("\(route):a:\(address)".utf8)
        }
    }

    /// The same in all processes, so Swift's own hash, which each process seeds anew, will not do.
    fileprivate func shard(of count: Int) -> Int {
        switch subject {
        case .user(let user): Int((user.low ^ user.low >> 32) % UInt64(count))
        case .address(let address): Int(CRC16.of(address.utf8)) % count
        }
    }
}
