/// What follows the core in each operation of a room.
extension RoomScripts {
    /// Places of fans, and whether they are inside, both a sign of the fan: `ARGV[3]` is 25 bytes a question: `P` or
    /// `A`, the fan, and the number that the fan brings, or 0.
    static let lookSteps = #"""
        local questions, ids, places = ARGV[3], {}, {}
        local count = #questions / 25
        for index = 1, count do ids[index] = questions:sub(index * 25 - 23, index * 25 - 8) end
        read(ids)
        for index, id in ipairs(ids) do
          local fan = known(id)
          if questions:byte(index * 25 - 24) == 65 then
            local isIn = fan and (fan.state == CALLED or fan.state == IN)
            if isIn then seen(id, fan) end
            places[index] = isIn and place(id, fan) or NOBODY
          else
            if fan then
              seen(id, fan)
            else
              local number = unpackText('>i8', questions, index * 25 - 7)
              if restore(number) then
                fan = {number = number, stay = 0}
                fans[id] = fan
                wait(id, fan)
                unsaved(id)
              end
            end
            places[index] = fan and place(id, fan) or NOBODY
          end
        end
        save()
        return answer(places, ids)
        """#

    /// Takes places: `ARGV[3]` is `1` when the seed is known, `ARGV[4]` the seed, `ARGV[5]` 56 bytes a fan: the fan, the
    /// number that the fan brings, or 0, and the fan's lot. A room that still gathers needs lots by its own seed.
    static let joinSteps = #"""
        local wishes, ids, places = ARGV[5], {}, {}
        if not room.drawn and (ARGV[3] ~= '1' or ARGV[4] ~= room.seed) then
          save()
          return {'SEED', room.seed}
        end
        for index = 1, #wishes / 56 do ids[index] = wishes:sub(index * 56 - 55, index * 56 - 40) end
        read(ids)
        local function mayEnterAtOnce() return lineCount() == 0 and mayAdmit() end
        for index, id in ipairs(ids) do
          local fan = known(id)
          if now >= room.closesAt and not (fan and (fan.state == CALLED or fan.state == IN)) then
            fan = nil
          elseif fan then
            if fan.state == OVER and mayEnterAtOnce() then
              call('ZREM', PASSED, id)
              enter(id, fan, IN)
            else
              seen(id, fan)
            end
          else
            fan = {number = 0, stay = 0, ends = 0}
            fans[id] = fan
            local number = unpackText('>i8', wishes, index * 56 - 39)
            if restore(number) then
              fan.number = number
            elseif room.drawn then
              fan.number = give()
            end
            if fan.number == 0 then
              fan.state, fan.lot = GATHERS, wishes:sub(index * 56 - 31, index * 56)
              call('ZADD', GATHERED, 0, fan.lot .. id)
            elseif mayEnterAtOnce() then
              enter(id, fan, IN)
            else
              wait(id, fan)
            end
            changed[id] = true
            unsaved(id)
          end
          places[index] = fan and place(id, fan) or NOBODY
        end
        save()
        return answer(places, ids)
        """#

    /// The fans of `ARGV[3]`, 16 bytes each, leave.
    static let leaveSteps = #"""
        local ids = {}
        for index = 1, #ARGV[3] / 16 do ids[index] = ARGV[3]:sub(index * 16 - 15, index * 16) end
        read(ids)
        for _, id in ipairs(ids) do
          local fan = known(id)
          if fan then forget(id, fan) end
        end
        save()
        return answer({}, ids)
        """#

    /// Lets fans in: `ARGV[3]` seats are left, `ARGV[4]` fans are let in at most, `ARGV[5]` is `1` when no seat comes
    /// back either. Tells how many came, whether more may come in another call, and how many places the store has not
    /// seen for two seconds.
    static let admitSteps = #"""
        local left, most = tonumber(ARGV[3]), tonumber(ARGV[4])
        if room.seatsLeft and room.seatsLeft > left then add(room.seatsTaken, room.seatsLeft - left) end
        if room.seatsLeft ~= left then room.seatsLeft, roomChanged = left, true end
        local isSoldOut = ARGV[5] == '1'
        if room.isSoldOut ~= isSoldOut then room.isSoldOut, roomChanged = isSoldOut, true end
        local count, isMore = 0, room.drawNext ~= nil
        while count < most do
          local first = call('ZRANGE', WAITING, 0, min(most - count, 100) - 1, 'WITHSCORES')
          if #first == 0 or not mayAdmit() then break end
          local ids = {}
          for index = 1, #first, 2 do ids[#ids + 1] = first[index] end
          read(ids)
          local called, isStopped = {}, false
          for _, id in ipairs(ids) do
            local fan = known(id)
            if fan and fan.state == WAITS then
              -- Who was drawn already, ahead of others who are still to be moved, must not overtake them.
              isStopped = room.drawNext and fan.number >= room.drawNext or not mayAdmit()
              if isStopped then break end
              enter(id, fan, CALLED)
              called[#called + 1] = id
            end
          end
          if #called > 0 then
            call('ZREM', WAITING, unpack(called))
            call('ZREM', PATIENCE, unpack(called))
          end
          count = count + #called
          if isStopped then break end
        end
        isMore = isMore or count == most
        save()
        local late = call('ZCOUNT', UNSAVED, '-inf', (now - 2000) * 1000)
        return {'OK', count, isMore and 1 or 0, room.calledUpTo, late}
        """#

    static let figuresSteps = #"""
        save()
        return answer({}, nil)
        """#

    /// Changes the rules to `ARGV[3]` and following. Who gathers keeps a lot by the seed that holds: with another seed
    /// it answers `LOTS`, and wants `ARGV[10]` to be all fans who gather with their new lots, 48 bytes each. After a draw
    /// another seed is for the next one; `MOVING` wants to be called again, until all who were drawn are in the line.
    static let changeSteps = #"""
        local seed = ARGV[9]
        if seed ~= room.seed and room.drawNext then save(); return {'MOVING'} end
        if seed ~= room.seed and not room.drawn and call('ZCARD', GATHERED) > 0 then
          local lots = ARGV[10]
          if #lots / 48 ~= call('ZCARD', GATHERED) then save(); return {'LOTS', call('ZRANGE', GATHERED, 0, -1)} end
          local ids = {}
          for index = 1, #lots / 48 do ids[index] = lots:sub(index * 48 - 15, index * 48) end
          for first = 1, #ids, 1000 do read({unpack(ids, first, min(first + 999, #ids))}) end
          for _, id in ipairs(ids) do
            if not fans[id] then save(); return {'LOTS', call('ZRANGE', GATHERED, 0, -1)} end
          end
          call('DEL', GATHERED)
          for index, id in ipairs(ids) do
            fans[id].lot = lots:sub(index * 48 - 47, index * 48 - 16)
            changed[id] = true
            call('ZADD', GATHERED, 0, fans[id].lot .. id)
          end
        end
        room.opensAt, room.closesAt = tonumber(ARGV[3]), tonumber(ARGV[4])
        room.activeMax, room.admitPerSecond = tonumber(ARGV[5]), tonumber(ARGV[6])
        room.activeMs, room.isPaused = tonumber(ARGV[7]), ARGV[8] == '1'
        if seed ~= room.seed then room.drawn = false end
        room.seed, roomChanged = seed, true
        save()
        return {'OK'}
        """#

    /// At most `ARGV[3]` of the places that the store has not seen for two seconds: fan, number (-1 for none), change.
    static let unsavedSteps = #"""
        local late = call('ZRANGEBYSCORE', UNSAVED, '-inf', (now - 2000) * 1000, 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[3]))
        local ids = {}
        for index = 1, #late, 2 do ids[#ids + 1] = late[index] end
        read(ids)
        local rows = {}
        for index, id in ipairs(ids) do
          local fan = known(id)
          rows[index] = id .. pack('>i8i8', fan and fan.number or -1, tonumber(late[index * 2]))
        end
        save()
        return {'OK', table.concat(rows)}
        """#

    /// The store has seen these changes: `ARGV[1]` is the home, `ARGV[2]` 32 bytes a change: the fan, the change's
    /// score, and the number that was saved, -1 for none.
    ///
    /// Whoever else saved a later change may have been faster at the store. So where the fan's place is another one by
    /// now, it is to be saved again, whatever was said of it meanwhile. Within one stay a number only grows: where the
    /// lower one holds, the other is of a place that the fan has left.
    ///
    /// Tells of each change whether the room has what was saved, `1` or `0`: a place that was drawn since was told as
    /// one before the draw, which it was. `GONE` stands for a room that is not there, or not known to be whole.
    static let savedSteps = #"""
        local packed = redis.call('GET', KEYS[1])
        if not packed or cmsgpack.unpack(packed).home ~= ARGV[1] then return {'GONE'} end
        local rows, ids = ARGV[2], {}
        for index = 1, #rows / 32 do ids[index] = rows:sub(index * 32 - 31, index * 32 - 16) end
        if #ids == 0 then return {'OK', ''} end
        local marks = {}
        local found, scores = redis.call('HMGET', KEYS[2], unpack(ids)), redis.call('ZMSCORE', KEYS[9], unpack(ids))
        for index, id in ipairs(ids) do
          local change, saved = struct.unpack('>i8i8', rows, index * 32 - 15)
          local text, number = found[index], -1
          if text then number = text:byte(1) == 1 and 0 or select(2, struct.unpack('>Bi6', text)) end
          marks[index] = (number == saved or saved == 0 and number > 0) and '1' or '0'
          if number ~= saved then
            local isEven = (tonumber(scores[index] or 0) or 0) % 2 == 0
            redis.call('ZINCRBY', KEYS[9], number < saved and isEven and 1 or 2, id)
          elseif scores[index] and tonumber(scores[index]) == change then
            redis.call('ZREM', KEYS[9], id)
          end
        end
        return {'OK', table.concat(marks)}
        """#

    /// Forgets the room. That it was closed is remembered for a day, so that nobody takes it for lost.
    static let closeSteps = #"""
        redis.call('UNLINK', unpack(KEYS))
        redis.call('SET', KEYS[1], cmsgpack.pack({closed = true}), 'EX', 86400)
        return {'OK'}
        """#
}
