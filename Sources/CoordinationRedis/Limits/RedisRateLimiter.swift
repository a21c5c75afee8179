public import Domain
public import Ports
internal import Synchronization

/// Token buckets in Redis, so that a limit holds over all processes (docs/adr/0024).
///
/// A bucket is kept as the moment at which it will be full again. A small one is asked for each token. Of a large one
/// each process gives out tokens by itself, tells Redis after every lump of them, and learns then what the others gave
/// out; nobody waits for that. In a cluster, keys are spread over shards; what is asked of one shard at the same time
/// goes in one call. When Redis is away each process has buckets of its own.
public final class RedisRateLimiter: RateLimiter {
    private static let clusterShardCount = 32
    private static let batchMax = 256
    private static let waitingMax = 20_000
    /// How much longer than needed a bucket is kept, for processes whose clocks differ.
    private static let slackMs = 10_000

    private struct Taking: Sendable {
        let key: RateKey
        let bucket: Bucket
        let count: Int
        let now: Timestamp
    }

    /// `ARGV` is four numbers a key: now, what a token takes, and a whole burst, in microseconds, then how many tokens.
    /// Several were given out already, so that they are never refused. Answers with when each bucket is full again, or,
    /// below zero, how many milliseconds there is to wait for a token.
    private static let script = RedisScript(
        #"""
        local fullAt, answers, taken = redis.call('MGET', unpack(KEYS)), {}, {}
        for index, key in ipairs(KEYS) do
          local now, token = tonumber(ARGV[index * 4 - 3]), tonumber(ARGV[index * 4 - 2])
          local count = tonumber(ARGV[index * 4])
          local after = math.max(taken[key] or tonumber(fullAt[index] or 0), now) + token * count
          local excess = after - now - tonumber(ARGV[index * 4 - 1])
          if excess > 0 and count == 1 then
            answers[index] = -math.ceil(excess / 1000)
          else
            answers[index] = after
            taken[key] = after
            redis.call('SET', key, string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + \#(slackMs))
          end
        end
        return answers
        """#)

    private let local = LocalBuckets()
    /// How many lumps were told, and are not answered.
    private let toldCount = Atomic(0)
    private let takings: Gatherer<Int, Taking, Int64>
    /// One where there is one server: a call costs it far more than a key.
    private let shardCount: Int

    init(servers: any RedisServers, prefix: String) {
        shardCount = servers.spreadsKeys ? Self.clusterShardCount : 1
        takings = Gatherer(batchMax: Self.batchMax, waitingMax: Self.waitingMax) { shard, takings, completion in
            let tag = Array("rate\(shard)".utf8)
            let start = Array("\(prefix):{".utf8) + tag + [UInt8(ascii: "}"), UInt8(ascii: ":")]
            var arguments: [RedisCommand.Word] = []
            for taking in takings {
                arguments.append(.integer(taking.now.milliseconds * 1_000))
                arguments.append(.integer(taking.bucket.microsPerToken))
                arguments.append(.integer(taking.bucket.capacity))
                arguments.append(.integer(taking.count))
            }
            servers.run(
                Self.script, keys: takings.map { start + $0.key.text }, arguments: arguments, tag: HashTag(tag)
            ) { result in
                completion(
                    result.flatMap { reply in
                        guard let answers = reply.array?.compactMap(\.integer), answers.count == takings.count else {
                            return .failure(Fault(.broken, attempt: "take a token", reason: "\(reply)"))
                        }
                        return .success(answers)
                    })
            }
        }
    }

    /// - Parameter limit: At least one token an hour, and a burst of one token or more.
    public func take(_ key: RateKey, limit: RateLimit, now: Timestamp) async -> Int? {
        let bucket = Bucket(limit)
        if bucket.lump == 1 {
            let taking = Taking(key: key, bucket: bucket, count: 1, now: now)
            do throws(Fault) {
                let answer = try await takings.ask(taking, of: key.shard(of: shardCount))
                return answer < 0 ? Int(-answer) : nil
            } catch {
                // Redis is away: this process counts by itself.
            }
        }
        switch local.take(key, of: bucket, now: now) {
        case .taken: return nil
        case .refused(let waitMs): return waitMs
        case .takenTelling(let count):
            if bucket.lump > 1 { tell(Taking(key: key, bucket: bucket, count: count, now: now)) }
            return nil
        }
    }

    /// Lets the others know, and learns of them. When Redis is away nobody does.
    private func tell(_ taking: Taking) {
        toldCount.add(1, ordering: .relaxed)
        takings.ask(taking, of: taking.key.shard(of: shardCount)) { [self] result in
            if case .success(let fullAt) = result { local.learn(taking.key, of: taking.bucket, fullAt: fullAt) }
            toldCount.subtract(1, ordering: .releasing)
        }
    }

    /// Whether it waits to learn what other processes gave out.
    var isTelling: Bool { toldCount.load(ordering: .acquiring) > 0 }
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
