/// What a waiting room does, in the server: one script an operation, each made of the same core.
///
/// A room has these keys, all with the date as their hash tag:
///
/// | key | what |
/// |---|---|
/// | `room` | rules, counters, and `home`: the `run_id` of the server in which the room is known to be whole |
/// | `fans` | hash of what is known of each fan: state, number, end of the state, end of the stay |
/// | `waiting` | sorted set of who waits, by number |
/// | `patience` | sorted set of who waits, by when to look whether they have given a sign |
/// | `inside` | sorted set of who was let in, by when that ends |
/// | `passed` | sorted set of who was passed over, by when they are forgotten |
/// | `gathered` | sorted set of who came before opening: all with score 0, so in the order of their lots |
/// | `spent` | a bit for each number that was given or restored, counted from the room's first number |
/// | `unsaved` | sorted set of whose place the store does not know yet, by when it changed |
/// | `rebuild` | who is rebuilding the room, while it is rebuilt |
/// | `earlier` | set of the numbers below the room's first one that were restored |
///
/// The semantics are those of `DateRoom` in CoordinationInProcess; the contract tests hold both to one model.
enum RoomScripts {
    static let look = RedisScript(core + lookSteps)
    static let join = RedisScript(core + joinSteps)
    static let leave = RedisScript(core + leaveSteps)
    static let admit = RedisScript(core + admitSteps)
    static let figures = RedisScript(core + figuresSteps)
    static let change = RedisScript(core + changeSteps)
    static let unsaved = RedisScript(core + unsavedSteps)
    static let saved = RedisScript(savedSteps)
    static let close = RedisScript(closeSteps)
    static let beginRebuild = RedisScript(beginRebuildSteps)
    static let renewRebuild = RedisScript(renewRebuildSteps)
    static let addToRebuild = RedisScript(addToRebuildSteps)
    static let finishRebuild = RedisScript(finishRebuildSteps)
    static let lots = RedisScript(lotsSteps)
    static let kept = RedisScript(keptSteps)

    /// Milliseconds that a fan who was called has to answer, that a place is kept without a sign, and that a number is
    /// remembered after that.
    private static let patience = "local ANSWER, KEEP, REMEMBER = 30000, 1800000, 21600000\n"

    /// Reads the room and does what has come due: stays and patience that have ended, and the draw.
    ///
    /// `KEYS` as ``RoomKeys``. `ARGV[1]` is this server's home, `ARGV[2]` the time, empty for the server's own, `0` for
    /// a call that nothing is to come due by.
    static let core = patience + fans + drawing + admission

    private static let fans =
        #"""
        local ROOM, FANS, WAITING, PATIENCE, INSIDE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
        local PASSED, GATHERED, SPENT, UNSAVED, EARLIER = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[11]
        local GATHERS, WAITS, CALLED, IN, OVER = 1, 2, 3, 4, 5
        -- How many that have come due are looked at in one call: the server serves nobody else meanwhile.
        local DUE_MAX = 500
        local call, pack, unpackText = redis.call, struct.pack, struct.unpack
        local floor, max, min = math.floor, math.max, math.min

        local now = tonumber(ARGV[2])
        if not now then
          local time = call('TIME')
          now = tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
        end
        local packed = call('GET', ROOM)
        if not packed then return {'NONE'} end
        local room = cmsgpack.unpack(packed)
        if room.closed then return {'CLOSED'} end
        -- A server that was started again, or took over, may have less than was told.
        if room.home ~= ARGV[1] then return {'STRANGE'} end
        local roomChanged = false

        -- Fans, read once and written once a call. False stands for one who has no place.
        local fans, changed = {}, {}
        local function decode(text)
          if not text then return false end
          local state = text:byte(1)
          if state == GATHERS then return {state = state, number = 0, ends = 0, stay = 0, lot = text:sub(2)} end
          local _, number, ends, stay = unpackText('>Bi6i6i6', text)
          return {state = state, number = number, ends = ends, stay = stay}
        end
        local function encode(fan)
          if fan.state == GATHERS then return string.char(GATHERS) .. fan.lot end
          return pack('>Bi6i6i6', fan.state, fan.number, fan.ends, fan.stay)
        end
        local function read(ids)
          local missing = {}
          for _, id in ipairs(ids) do
            if fans[id] == nil then missing[#missing + 1] = id; fans[id] = false end
          end
          if #missing == 0 then return end
          local found = call('HMGET', FANS, unpack(missing))
          for index, id in ipairs(missing) do fans[id] = decode(found[index]) end
        end
        local function save()
          local texts, gone = {}, {}
          for id in pairs(changed) do
            if fans[id] then texts[#texts + 1] = id; texts[#texts + 1] = encode(fans[id]) else gone[#gone + 1] = id end
            if #texts >= 2000 then call('HSET', FANS, unpack(texts)); texts = {} end
            if #gone >= 2000 then call('HDEL', FANS, unpack(gone)); gone = {} end
          end
          if #texts > 0 then call('HSET', FANS, unpack(texts)) end
          if #gone > 0 then call('HDEL', FANS, unpack(gone)) end
          if roomChanged then call('SET', ROOM, cmsgpack.pack(room)) end
        end

        -- The store has to learn of this fan's place. Scores grow, so that a later change is not taken for saved. An odd
        -- one says that the fan has left, now or before, and that the store may still have the place of then.
        local function unsaved(id, hasLeft)
          room.changes = (room.changes + 1) % 500
          roomChanged = true
          local before = not hasLeft and call('ZSCORE', UNSAVED, id)
          local odd = (hasLeft or before and tonumber(before) % 2 == 1) and 1 or 0
          call('ZADD', UNSAVED, now * 1000 + room.changes * 2 + odd, id)
        end

        -- How often something happened over the last ten seconds, to a quarter of a second: pairs of bucket and count.
        local function advance(count)
          local bucket = floor(now / 250)
          if bucket <= count.newest then return end
          count.newest = bucket
          local kept, total = {}, 0
          for index = 1, #count.pairs, 2 do
            if count.pairs[index] > bucket - 40 then
              kept[#kept + 1] = count.pairs[index]
              kept[#kept + 1] = count.pairs[index + 1]
              total = total + count.pairs[index + 1]
            end
          end
          count.pairs, count.total = kept, total
        end
        local function add(count, times)
          advance(count)
          if count.total == 0 then count.started = now end
          local last = #count.pairs
          if last > 0 and count.pairs[last - 1] == count.newest then
            count.pairs[last] = count.pairs[last] + times
          else
            count.pairs[last + 1] = count.newest
            count.pairs[last + 2] = times
          end
          count.total = count.total + times
          roomChanged = true
        end

        -- Whether nobody has had the number so far. Blocks of numbers lie far from each other, so bits are counted
        -- from the room's first number. In a rebuilt room whoever has a lower one is known already: the store
        -- remembers everybody, so a lower number that is brought was used up before.
        local function spend(number)
          if number >= room.base then return call('SETBIT', SPENT, number - room.base, 1) == 0 end
          return not room.rebuilt and call('SADD', EARLIER, number) == 1
        end
        -- Numbers only grow; one from before a restart is taken back unless it was given or restored since.
        local function give()
          local number = room.next
          room.next = number + 1
          roomChanged = true
          spend(number)
          return number
        end
        local function restore(number)
          if number < 1 or math.abs(number - room.next) >= 134217728 then return false end
          if room.drawNext and number >= room.drawNext and number < room.drawEnd then return false end
          if not spend(number) then return false end
          room.next = max(room.next, number + 1)
          roomChanged = true
          return true
        end

        local insideCount
        local function active()
          insideCount = insideCount or call('ZCARD', INSIDE)
          return insideCount
        end
        local function wait(id, fan)
          -- A call without a time leaves it to the next one to begin the patience: see lapse.
          fan.state, fan.ends = WAITS, now > 0 and now + KEEP or 0
          call('ZADD', WAITING, fan.number, id)
          call('ZADD', PATIENCE, fan.ends, id)
          changed[id] = true
        end
        local function passOver(id, fan)
          fan.state, fan.ends = OVER, now + REMEMBER
          call('ZADD', PASSED, fan.ends, id)
          changed[id] = true
        end
        local function remove(id, fan)
          if fan.state == GATHERS then
            -- After the draw the number is given, so the place in the order stays.
            if not room.drawn then call('ZREM', GATHERED, fan.lot .. id) end
          elseif fan.state == WAITS then
            call('ZREM', WAITING, id); call('ZREM', PATIENCE, id)
          elseif fan.state == OVER then
            call('ZREM', PASSED, id)
          else
            insideCount = active() - call('ZREM', INSIDE, id)
          end
        end
        local function forget(id, fan)
          remove(id, fan)
          fans[id] = false
          changed[id] = true
          unsaved(id, true)
        end

        -- The present state of the fan ends without a sign from the fan. No end stands for one who has come back with
        -- a rebuilt room: patience begins when the fan is first looked at.
        local function lapse(id, fan)
          if fan.ends == 0 and (fan.state == WAITS or fan.state == OVER) then
            fan.ends = now + (fan.state == WAITS and KEEP or REMEMBER)
            call('ZADD', fan.state == WAITS and PATIENCE or PASSED, fan.ends, id)
            changed[id] = true
          elseif fan.state == WAITS or fan.state == CALLED then
            remove(id, fan)
            passOver(id, fan)
          elseif fan.state ~= GATHERS then
            forget(id, fan)
          end
        end
        local function lookAtDue(key)
          local due = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, DUE_MAX)
          if #due == 0 then return end
          read(due)
          for _, id in ipairs(due) do
            local fan = fans[id]
            if not fan then
              call('ZREM', key, id)
            elseif fan.ends <= now then
              lapse(id, fan)
            else
              call('ZADD', key, fan.ends, id)
            end
          end
        end

        """#
}
