public import Domain
public import Ports

/// Remembers for a while who is after which seat, in Redis, for all processes.
///
/// A closed gate is a key that ends by itself after the time that it was given, so it never keeps anyone out for
/// longer, whatever clocks say. What is wished for at the same time goes in one call: in a cluster, for each date. When
/// Redis is away every gate is open: the store decides.
public final class RedisSeatGate: SeatGate {
    /// Seats of one call, as many as one wish has at most.
    private static let seatCountMax = 1_000
    /// Wishes of one call; those with more seats than a fan buys go by themselves.
    private static let batchMax = 128
    private static let gatheredSeatCountMax = 8
    private static let waitingMax = 20_000

    private struct Wish: Sendable {
        let seats: [SeatID]
        let date: DateID
        let fan: UserID
        let until: Timestamp
        let now: Timestamp
    }

    /// `ARGV` is four words a wish: the fan, until when, now, and how many of the next keys it is about. A value is the
    /// fan's 16 bytes and the deadline: who asks by a clock that is past it finds it open. Answers with the places of
    /// the taken seats in each wish.
    private static let closing = RedisScript(
        #"""
        local values, answers, first = redis.call('MGET', unpack(KEYS)), {}, 1
        local closed = {}
        for wish = 1, #ARGV / 4 do
          local fan, till = ARGV[wish * 4 - 3], ARGV[wish * 4 - 2]
          local now, count = tonumber(ARGV[wish * 4 - 1]), tonumber(ARGV[wish * 4])
          local taken = {}
          for index = first, first + count - 1 do
            local value = closed[KEYS[index]] or values[index]
            if value and value:sub(1, 16) ~= fan and tonumber(value:sub(17)) > now then
              taken[#taken + 1] = index - first
            end
          end
          local ms = tonumber(till) - now
          if #taken == 0 and ms > 0 then
            for index = first, first + count - 1 do
              closed[KEYS[index]] = fan .. till
              redis.call('SET', KEYS[index], fan .. till, 'PX', ms)
            end
          end
          answers[wish] = taken
          first = first + count
        end
        return answers
        """#)

    /// Opens only what the fan has closed: another may have come since.
    private static let opening = RedisScript(
        #"""
        for index, value in ipairs(redis.call('MGET', unpack(KEYS))) do
          if value and value:sub(1, 16) == ARGV[1] then redis.call('DEL', KEYS[index]) end
        end
        return 0
        """#)

    private let servers: any RedisServers
    private let prefix: String
    /// By date where dates may lie in different servers, else all together.
    private let wishes: Gatherer<DateID?, Wish, [SeatID]>

    init(servers: any RedisServers, prefix: String) {
        self.servers = servers
        self.prefix = prefix
        wishes = Gatherer(batchMax: Self.batchMax, waitingMax: Self.waitingMax) { _, wishes, completion in
            Self.close(wishes, in: servers, prefix: prefix, completion)
        }
    }

    public func close(
        _ seats: [SeatID], on date: DateID, for fan: UserID, until: Timestamp, now: Timestamp
    ) async -> [SeatID] {
        guard !seats.isEmpty, seats.count <= Self.seatCountMax else { return [] }
        let wish = Wish(seats: seats, date: date, fan: fan, until: until, now: now)
        do throws(Fault) {
            guard seats.count <= Self.gatheredSeatCountMax else {
                return try await withCheckedContinuation { continuation in
                    Self.close([wish], in: servers, prefix: prefix) { continuation.resume(returning: $0) }
                }.get()[0]
            }
            return try await wishes.ask(wish, of: servers.spreadsKeys ? date : nil)
        } catch {
            return []
        }
    }

    /// - Parameter wishes: At least one; of one date where dates may lie in different servers.
    private static func close(
        _ wishes: [Wish], in servers: any RedisServers, prefix: String,
        _ completion: @escaping @Sendable (Result<[[SeatID]], Fault>) -> Void
    ) {
        var keys: [[UInt8]] = []
        var arguments: [RedisCommand.Word] = []
        for wish in wishes {
            keys += Self.keys(of: wish.seats, on: wish.date, prefix: prefix)
            arguments.append(.bytes(wish.fan.withBytes { Array($0) }))
            arguments.append(.integer(wish.until.milliseconds))
            arguments.append(.integer(wish.now.milliseconds))
            arguments.append(.integer(wish.seats.count))
        }
        servers.run(Self.closing, keys: keys, arguments: arguments, tag: tag(of: wishes[0].date)) { result in
            completion(
                result.flatMap { reply in
                    guard let answers = reply.array, answers.count == wishes.count else {
                        return .failure(Fault(.broken, attempt: "close gates", reason: "\(reply)"))
                    }
                    return .success(
                        zip(answers, wishes).map { answer, wish in
                            (answer.array ?? []).compactMap(\.integer).compactMap { index in
                                wish.seats.indices.contains(Int(index)) ? wish.seats[Int(index)] : nil
                            }
                        })
                })
        }
    }

    public func open(_ seats: [SeatID], on date: DateID, for fan: UserID) async {
        guard !seats.isEmpty, seats.count <= Self.seatCountMax else { return }
        // When Redis is away there is nothing to open: it opens by itself.
        _ = try? await servers.run(
            Self.opening, keys: Self.keys(of: seats, on: date, prefix: prefix),
            arguments: [.bytes(fan.withBytes { Array($0) })], tag: Self.tag(of: date))
    }

    private static func keys(of seats: [SeatID], on date: DateID, prefix: String) -> [[UInt8]] {
        var start = Array("\(prefix):gate:{".utf8)
        // As text: among raw bytes there may be a brace, which would end the tag.
        date.append(to: &start)
        start += [UInt8(ascii: "}"), UInt8(ascii: ":")]
        return seats.map { seat in
            var key = start
            seat.append(to: &key)
            return key
        }
    }

    /// All seats of a date lie in one slot of a cluster, so that several are closed in one step.
    private static func tag(of date: DateID) -> HashTag {
        var id: [UInt8] = []
        date.append(to: &id)
        return HashTag(id)
    }
}
