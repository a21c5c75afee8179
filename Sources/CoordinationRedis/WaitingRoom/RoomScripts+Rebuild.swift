/// How a room is put together again from the joins that the store remembers.
///
/// Meanwhile `room` is missing, or names another home, so no other operation answers for it. All steps check that the
/// rebuild is still the caller's.
extension RoomScripts {
    /// Reserves the rebuild for `ARGV[2]`, 16 bytes for the process and some for the attempt, for `ARGV[3]`
    /// milliseconds, unless the room is whole (`ARGV[1]` is the home).
    static let beginRebuildSteps = #"""
        local packed = redis.call('GET', KEYS[1])
        local room = packed and cmsgpack.unpack(packed)
        if room and not room.closed and room.home == ARGV[1] then return {'WHOLE'} end
        local owner = redis.call('GET', KEYS[10])
        if owner and owner:sub(1, 16) ~= ARGV[2]:sub(1, 16) then return {'BUSY'} end
        redis.call('SET', KEYS[10], ARGV[2], 'PX', ARGV[3])
        if not room or room.closed then redis.call('UNLINK', KEYS[11], unpack(KEYS, 1, 9)) end
        return {'MINE'}
        """#

    /// Gives the rebuild of `ARGV[1]` `ARGV[2]` milliseconds more, if it is still that one's.
    static let renewRebuildSteps = #"""
        if redis.call('GET', KEYS[10]) ~= ARGV[1] then return {'LOST'} end
        redis.call('PEXPIRE', KEYS[10], ARGV[2])
        return {'OK'}
        """#

    /// Adds remembered places for the rebuild of `ARGV[1]`, which has `ARGV[2]` milliseconds more: `ARGV[3]` is the
    /// number up to which all were called, `ARGV[4]` 56 bytes a fan: the fan, the number, and the lot for number 0. A
    /// number below zero was drawn, which the store's row of the fan does not say yet.
    ///
    /// What the server still has is kept where it agrees: those inside stay inside.
    static let addToRebuildSteps = #"""
        local ROOM, FANS, WAITING, PATIENCE, INSIDE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
        local PASSED, GATHERED, UNSAVED = KEYS[6], KEYS[7], KEYS[9]
        local call = redis.call
        if call('GET', KEYS[10]) ~= ARGV[1] then return {'LOST'} end
        call('PEXPIRE', KEYS[10], ARGV[2])
        local packed = call('GET', ROOM)
        -- A draw under way goes by ranks: nobody comes or goes, and those who were placed since are passed over.
        local isDrawing = packed and cmsgpack.unpack(packed).drawNext
        local calledUpTo, rows, ids = tonumber(ARGV[3]), ARGV[4], {}
        for index = 1, #rows / 56 do ids[index] = rows:sub(index * 56 - 55, index * 56 - 40) end
        if #ids == 0 then return {'OK'} end
        local found, changes = call('HMGET', FANS, unpack(ids)), call('ZMSCORE', UNSAVED, unpack(ids))
        for index, id in ipairs(ids) do
          local number = struct.unpack('>i8', rows, index * 56 - 39)
          local isDrawn = number < 0
          number = math.abs(number)
          local text, had = found[index], nil
          if text then had = text:byte(1) == 1 and 0 or select(2, struct.unpack('>Bi6', text)) end
          -- One that the store knows without a number may have been drawn since.
          local isNews = number > 0 and had ~= number and not (isDrawn and had and had > 0)
          -- The server knows of one who has left, and the store does not yet.
          if not had then isNews = not changes[index] and not (isDrawing and number == 0) end
          if isNews then
            if had == 0 then
              if not isDrawing then call('ZREM', GATHERED, text:sub(2) .. id) end
            elseif had then
              for _, key in ipairs({WAITING, PATIENCE, INSIDE, PASSED}) do call('ZREM', key, id) end
            end
            if number == 0 then
              local lot = rows:sub(index * 56 - 31, index * 56)
              call('ZADD', GATHERED, 0, lot .. id)
              call('HSET', FANS, id, '\1' .. lot)
            elseif number <= calledUpTo then
              call('ZADD', PASSED, 0, id)
              call('HSET', FANS, id, struct.pack('>Bi6i6i6', 5, number, 0, 0))
            else
              call('ZADD', WAITING, number, id)
              call('ZADD', PATIENCE, 0, id)
              call('HSET', FANS, id, struct.pack('>Bi6i6i6', 2, number, 0, 0))
            end
            if isDrawn then call('ZADD', UNSAVED, 2, id) end
          end
        end
        return {'OK'}
        """#

    /// Makes the room whole: `ARGV[1]` is the rebuild's owner, `ARGV[2]` the home, `ARGV[3]` and following the rules,
    /// then the first number that the room may give, the number up to which all were called, `1` when the store
    /// remembers anything of a room before this one, and the seed of the draw that it has kept. A room that was not
    /// lost altogether keeps its rules until they are changed, so that a new seed is seen to be one.
    static let finishRebuildSteps = #"""
        if redis.call('GET', KEYS[10]) ~= ARGV[1] then return {'LOST'} end
        local packed = redis.call('GET', KEYS[1])
        local room = packed and cmsgpack.unpack(packed) or {
          next = 1, calledUpTo = 0, changes = 0, tokens = 1e15,
          letIn = {newest = 0, started = 0, total = 0, pairs = {}},
          seatsTaken = {newest = 0, started = 0, total = 0, pairs = {}},
        }
        room.home = ARGV[2]
        if not packed then
          room.opensAt, room.closesAt = tonumber(ARGV[3]), tonumber(ARGV[4])
          room.activeMax, room.admitPerSecond = tonumber(ARGV[5]), tonumber(ARGV[6])
          room.activeMs, room.isPaused, room.seed = tonumber(ARGV[7]), ARGV[8] == '1', ARGV[9]
        end
        room.next = math.max(room.next, tonumber(ARGV[10]))
        room.calledUpTo = math.max(room.calledUpTo, tonumber(ARGV[11]))
        -- Every number that was given or restored so far is below this.
        room.base, room.rebuilt = room.next, packed and true or ARGV[12] == '1'
        redis.call('DEL', KEYS[8], KEYS[11])
        local gathered, isKept = redis.call('ZCARD', KEYS[7]), ARGV[13] == room.seed
        if isKept then
          room.drawn, room.kept = true, true
          -- They gathered, but the store did not know it at the draw, so nobody has told them of a place.
          if not room.drawNext and gathered > 0 then
            room.drawNext, room.drawEnd = room.next, room.next + gathered
            room.next = room.drawEnd
          end
        elseif not room.drawNext and gathered > 0 then
          room.drawn = false
        end
        redis.call('SET', KEYS[1], cmsgpack.pack(room))
        redis.call('DEL', KEYS[10])
        return {'OK'}
        """#
}
