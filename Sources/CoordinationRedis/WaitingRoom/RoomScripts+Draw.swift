/// The draw: those who came before opening are numbered by the order of their lots.
///
/// At the opening the order is settled, since `gathered` lies in it and changes no more; it is then worth
/// `drawEnd - drawNext` numbers from `drawNext` on. Every call answers `DRAWN` until the store has kept the lots (`kept`),
/// so nobody is told a number that could not be computed again after Redis has lost the room.
extension RoomScripts {
    static let drawing =
        #"""
        -- The draw numbers those who gathered by rank, at once; they move into the line some hundred a call.
        local function placeDrawn(id, fan, number)
          -- Nobody else has it: numbers that are drawn are not restored.
          spend(number)
          fan.number, fan.lot = number, nil
          wait(id, fan)
          unsaved(id)
        end
        local function moveDrawn()
          local members = call('ZRANGE', GATHERED, 0, DUE_MAX - 1)
          local ids = {}
          for index, member in ipairs(members) do ids[index] = member:sub(33) end
          read(ids)
          for index, id in ipairs(ids) do
            local fan = fans[id]
            if fan and fan.state == GATHERS then placeDrawn(id, fan, room.drawNext + index - 1) end
          end
          if #members > 0 then call('ZREMRANGEBYRANK', GATHERED, 0, #members - 1) end
          room.drawNext = room.drawNext + #members
          if #members < DUE_MAX then room.drawNext, room.drawEnd = nil, nil end
          roomChanged = true
        end

        -- The fan's place as it is now; the draw and what has ended are done for this fan even where many are due.
        local function known(id)
          local fan = fans[id]
          if not fan then return nil end
          if fan.state == GATHERS then
            if room.drawNext then placeDrawn(id, fan, room.drawNext + call('ZRANK', GATHERED, fan.lot .. id)) end
          elseif fan.ends <= now then
            lapse(id, fan)
          end
          return fans[id] or nil
        end

        local function lineCount()
          if not room.drawNext then return call('ZCARD', WAITING) end
          return call('ZCOUNT', WAITING, '-inf', '(' .. room.drawNext) + call('ZCARD', GATHERED)
            + call('ZCOUNT', WAITING, room.drawEnd, '+inf')
        end
        local function ahead(id, fan)
          if not room.drawNext then return call('ZRANK', WAITING, id) end
          if fan.number < room.drawNext then return call('ZCOUNT', WAITING, '-inf', '(' .. fan.number) end
          local before = call('ZCOUNT', WAITING, '-inf', '(' .. room.drawNext)
          if fan.number < room.drawEnd then return before + fan.number - room.drawNext end
          return before + call('ZCARD', GATHERED) + call('ZCOUNT', WAITING, room.drawEnd, '(' .. fan.number)
        end

        """#

    /// The first 8 bytes of the lots of the draw that begins with number `ARGV[2]`, for the ranks from `ARGV[3]` to
    /// `ARGV[4]`. `OTHER` when that draw was kept, or is not there (`ARGV[1]` is the home).
    static let lotsSteps = #"""
        local packed = redis.call('GET', KEYS[1])
        local room = packed and cmsgpack.unpack(packed)
        if not room or room.home ~= ARGV[1] or room.kept or room.drawNext ~= tonumber(ARGV[2]) then return {'OTHER'} end
        local lots = redis.call('ZRANGE', KEYS[7], ARGV[3], ARGV[4])
        for index, member in ipairs(lots) do lots[index] = member:sub(1, 8) end
        return {'OK', table.concat(lots)}
        """#

    /// The store has kept the draw that begins with number `ARGV[2]`.
    static let keptSteps = #"""
        local packed = redis.call('GET', KEYS[1])
        local room = packed and cmsgpack.unpack(packed)
        if room and room.home == ARGV[1] and room.drawNext == tonumber(ARGV[2]) then
          room.kept = true
          redis.call('SET', KEYS[1], cmsgpack.pack(room))
        end
        return {'OK'}
        """#
}
