public import Domain
public import Ports

/// The leases of this process among all processes that use the same Redis.
public struct RedisLeases: Leases {
    private static let script = RedisScript(
        #"""
        local value, now = redis.call('GET', KEYS[1]), tonumber(ARGV[3])
        if value and value:sub(1, 16) ~= ARGV[1] and tonumber(value:sub(17)) > now then return 0 end
        local ms = tonumber(ARGV[2]) - now
        if ms <= 0 then return 0 end
        redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ms)
        return 1
        """#)

    let servers: any RedisServers
    let prefix: String
    /// Who holds: 16 bytes that no other process has.
    let holder: [UInt8]

    /// The lease ends at `until`, exclusive, and after as long as it was given for, whichever comes first. When
    /// Redis is away everyone holds it: a job that is done twice is better than one that nobody does.
    public func hold(_ name: String, until: Timestamp, now: Timestamp) async -> Bool {
        let tag = Array(name.utf8)
        let key = Array("\(prefix):lease:{".utf8) + tag + [UInt8(ascii: "}")]
        do throws(Fault) {
            let reply = try await servers.run(
                Self.script, keys: [key],
                arguments: [.bytes(holder), .integer(until.milliseconds), .integer(now.milliseconds)],
                tag: HashTag(tag))
            return reply.integer == 1
        } catch {
            return true
        }
    }
}
