public import Domain
public import Ports

/// Remembers for a while who is after which seat, in Redis, for all processes.
///
/// A closed gate is a key that ends by itself after the time that it was given, so it never keeps anyone out for
/// longer, whatever clocks say. When Redis is away every gate is open: the store decides.
public struct RedisSeatGate: SeatGate {
    /// Seats of one call, as many as one wish has at most.
    private static let seatCountMax = 1_000

    /// A value is the fan's 16 bytes and the deadline: who asks by a clock that is past it finds it open.
    private static let closing = RedisScript(
        #"""
        local now, taken = tonumber(ARGV[3]), {}
        local values = redis.call('MGET', unpack(KEYS))
        for index, value in ipairs(values) do
          if value and value:sub(1, 16) ~= ARGV[1] and tonumber(value:sub(17)) > now then taken[#taken + 1] = index - 1 end
        end
        if #taken > 0 then return taken end
        local ms = tonumber(ARGV[2]) - now
        if ms <= 0 then return taken end
        for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1] .. ARGV[2], 'PX', ms) end
        return taken
        """#)

    /// Opens only what the fan has closed: another may have come since.
    private static let opening = RedisScript(
        #"""
        for index, value in ipairs(redis.call('MGET', unpack(KEYS))) do
          if value and value:sub(1, 16) == ARGV[1] then redis.call('DEL', KEYS[index]) end
        end
        return 0
        """#)

    let servers: any RedisServers
    let prefix: String

    public func close(
        _ seats: [SeatID], on date: DateID, for fan: UserID, until: Timestamp, now: Timestamp
    ) async -> [SeatID] {
        guard !seats.isEmpty, seats.count <= Self.seatCountMax else { return [] }
        let (keys, tag) = keys(of: seats, on: date)
        do throws(Fault) {
            let reply = try await servers.run(
                Self.closing, keys: keys,
                arguments: [
                    .bytes(fan.withBytes { Array($0) }), .integer(until.milliseconds), .integer(now.milliseconds),
                ],
                tag: tag)
            return (reply.array ?? []).compactMap(\.integer).compactMap { index in
                seats.indices.contains(Int(index)) ? seats[Int(index)] : nil
            }
        } catch {
            return []
        }
    }

    public func open(_ seats: [SeatID], on date: DateID, for fan: UserID) async {
        guard !seats.isEmpty, seats.count <= Self.seatCountMax else { return }
        let (keys, tag) = keys(of: seats, on: date)
        // When Redis is away there is nothing to open: it opens by itself.
        _ = try? await servers.run(
            Self.opening, keys: keys, arguments: [.bytes(fan.withBytes { Array($0) })], tag: tag)
    }

    /// All seats of a date lie in one slot of a cluster, so that several are closed in one step.
    private func keys(of seats: [SeatID], on date: DateID) -> (keys: [[UInt8]], tag: HashTag) {
        var id: [UInt8] = []
        date.append(to: &id)
        let start = Array("\(prefix):gate:{".utf8) + id + [UInt8(ascii: "}"), UInt8(ascii: ":")]
        let keys = seats.map { seat in
            var key = start
            seat.append(to: &key)
            return key
        }
        return (keys, HashTag(id))
    }
}
