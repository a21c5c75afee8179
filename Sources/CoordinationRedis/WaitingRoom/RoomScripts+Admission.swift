/// The last part of the core: who may come in, what a fan's sign changes, what is told of places; then it does what has
/// come due.
extension RoomScripts {
    static let admission =
        #"""
        -- Whether the rules let one more in. See DateRoom.mayAdmit for why seats are counted like this.
        local function mayAdmit()
          if now < room.opensAt or now >= room.closesAt or room.isPaused or active() >= room.activeMax then
            return false
          end
          if room.seatsLeft then
            advance(room.letIn)
            advance(room.seatsTaken)
            if max(0, room.letIn.total - room.seatsTaken.total) >= room.seatsLeft then return false end
          end
          local most = room.admitPerSecond * 1000
          local elapsed = room.filledAt and max(0, now - room.filledAt) or 1000
          room.tokens = min(most, min(room.tokens, most) + min(elapsed, 1000) * room.admitPerSecond)
          room.filledAt = max(room.filledAt or now, now)
          roomChanged = true
          return room.tokens >= 1000
        end
        local function enter(id, fan, state)
          room.tokens = room.tokens - 1000
          add(room.letIn, 1)
          room.calledUpTo = max(room.calledUpTo, fan.number)
          fan.stay = now + room.activeMs
          fan.state = state
          fan.ends = state == CALLED and min(now + ANSWER, fan.stay) or fan.stay
          insideCount = active() + call('ZADD', INSIDE, fan.ends, id)
          changed[id] = true
        end
        -- The fan has given a sign.
        local function seen(id, fan)
          if fan.state == WAITS then
            if now + KEEP > fan.ends then fan.ends = now + KEEP; changed[id] = true end
          elseif fan.state == CALLED then
            fan.state, fan.ends = IN, fan.stay
            call('ZADD', INSIDE, fan.ends, id)
            changed[id] = true
          elseif fan.state == OVER then
            call('ZREM', PASSED, id)
            wait(id, fan)
          end
        end

        -- 19 bytes: state, number, how many are ahead, when it ends.
        local function place(id, fan)
          if fan.state == GATHERS then return pack('>Bi6i6i6', GATHERS, 0, 0, 0) end
          if fan.state == WAITS then return pack('>Bi6i6i6', WAITS, fan.number, ahead(id, fan), fan.ends) end
          return pack('>Bi6i6i6', fan.state, fan.number, 0, fan.stay)
        end
        local NOBODY = pack('>Bi6i6i6', 0, 0, 0, 0)
        -- What a place is judged by, then the places, then the changes that the store has not seen.
        local function answer(places, ids)
          advance(room.letIn)
          local pending = {}
          if ids and #ids > 0 and call('ZCARD', UNSAVED) > 0 then
            for index, score in ipairs(call('ZMSCORE', UNSAVED, unpack(ids))) do pending[index] = score or '' end
          end
          local gathered = not room.drawNext and call('ZCARD', GATHERED) or 0
          return {
            'OK', now, room.opensAt, room.closesAt, room.isPaused and 1 or 0, room.seatsLeft or -1,
            room.isSoldOut and 1 or 0, lineCount() + gathered, active(), room.letIn.total, room.letIn.started,
            room.admitPerSecond, room.activeMax, room.activeMs, room.calledUpTo,
            table.concat(places), pending, room.drawn and 1 or 0,
          }
        end

        if now > 0 then
          lookAtDue(INSIDE)
          lookAtDue(PATIENCE)
          lookAtDue(PASSED)
        end
        if not room.drawn and room.opensAt <= now then
          room.drawn, roomChanged = true, true
          local count = call('ZCARD', GATHERED)
          if count > 0 then
            room.drawNext, room.drawEnd, room.kept = room.next, room.next + count, false
            room.next = room.drawEnd
          end
        end
        if room.drawNext then
          if not room.kept then
            save()
            return {'DRAWN', room.seed, room.drawNext, room.drawEnd - room.drawNext}
          end
          moveDrawn()
        end

        """#
}
