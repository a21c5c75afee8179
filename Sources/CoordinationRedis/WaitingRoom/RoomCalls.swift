internal import Crypto
internal import Domain
internal import Logging
internal import Ports

/// The calls to Redis and to the store that a waiting room is made of.
struct RoomCalls: Sendable {
    /// Fans let in by one call of the script, so that the server is not held up.
    private static let admitMax = 500
    /// Enough for a door that is as wide as it can be, and short enough for whoever has other dates to look after.
    private static let admitCallCountMax = 50
    /// Calls of one date that wait for a draw to be kept: there are a few kinds, and few of each at the same time.
    private static let drawCallMax = 10_000
    /// How often a call is made again because of a draw. Once is enough, unless Redis loses the room meanwhile.
    private static let drawAttemptMax = 5

    let servers: any RedisServers
    let joins: any QueueJoinStore
    let book: RoomBook
    let clock: RedisWaitingRoom.Clock
    let logger: Logger
    /// One at a time keeps the draw of a date; who comes meanwhile waits.
    private let draws: Gatherer<DateID, PendingDraw, Void>
    /// 16 bytes by which this process is known while it rebuilds a room.
    let process = (0..<16).map { _ in UInt8.random(in: .min ... .max) }

    init(
        servers: any RedisServers, joins: any QueueJoinStore, book: RoomBook, clock: RedisWaitingRoom.Clock,
        logger: Logger
    ) {
        self.servers = servers
        self.joins = joins
        self.book = book
        self.clock = clock
        self.logger = logger
        let keeper = DrawKeeper(servers: servers, store: joins, book: book)
        draws = Gatherer(batchMax: Self.drawCallMax, waitingMax: Self.drawCallMax) { date, draws, completion in
            Task {
                do throws(Fault) {
                    if let draw = draws.last { try await keeper.keep(draw, of: date) }
                    completion(.success(draws.map { _ in }))
                } catch {
                    completion(.failure(error))
                }
            }
        }
    }

    func time(_ now: Timestamp?) -> RedisCommand.Word {
        switch clock {
        case .server: .bytes([])
        case .callers: .integer(now?.milliseconds ?? 0)
        }
    }

    func run(
        _ script: RedisScript, _ date: DateID, now: Timestamp?, _ arguments: [RedisCommand.Word], attempt: Int = 1,
        _ completion: @escaping @Sendable (Result<RoomAnswer, Fault>) -> Void
    ) {
        let keys = book.keys(of: date)
        servers.run(script, keys: keys.all, arguments: [.home, time(now)] + arguments, tag: keys.tag) { result in
            let answer = result.flatMap { reply in Result { () throws(Fault) in try RoomAnswer(reply) } }
            guard case .success(.drawn(let draw)) = answer, attempt < Self.drawAttemptMax else {
                return completion(answer)
            }
            self.draws.ask(draw, of: date) { kept in
                switch kept {
                case .success: self.run(script, date, now: now, arguments, attempt: attempt + 1, completion)
                case .failure(let fault): completion(.failure(fault))
                }
            }
        }
    }

    func keep(_ draw: PendingDraw, of date: DateID) async throws(Fault) {
        try await draws.ask(draw, of: date)
    }

    /// The room's reply, or nil when the date has no room.
    func room(
        _ script: RedisScript, _ date: DateID, now: Timestamp?, _ arguments: [RedisCommand.Word] = []
    ) async throws(Fault) -> RoomReply? {
        let answer = try await withCheckedContinuation { continuation in
            run(script, date, now: now, arguments) { continuation.resume(returning: $0) }
        }.get()
        if case .ok(let reply) = answer {
            book.note(date)
            return reply
        }
        if try await isLost(answer, date) { throw lost(date) }
        return nil
    }

    // MARK: - Fans

    func look(
        _ date: DateID, _ looks: [Look], _ completion: @escaping @Sendable (Result<[Sighting], Fault>) -> Void
    ) {
        var questions: [UInt8] = []
        questions.reserveCapacity(looks.count * 25)
        for look in looks { look.write(to: &questions) }
        run(RoomScripts.look, date, now: looks.lazy.map(\.now).max(), [.bytes(questions)]) { result in
            self.tell(date, looks.map(\.fan), result, completion)
        }
    }

    func join(
        _ date: DateID, _ wishes: [JoinWish], _ completion: @escaping @Sendable (Result<[Sighting], Fault>) -> Void
    ) {
        let seed = book.seed(of: date)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wishes.count * 56)
        for wish in wishes {
            bytes.append(wish.fan)
            bytes.append(wish.number)
            bytes.append(seed.map { Self.lot(of: wish.fan, seed: $0, date: date) } ?? Digest(0, 0, 0, 0))
        }
        let arguments: [RedisCommand.Word] = [.text(seed == nil ? "0" : "1"), .bytes(seed ?? []), .bytes(bytes)]
        run(RoomScripts.join, date, now: wishes.lazy.map(\.now).max(), arguments) { result in
            if case .success(.seed(let right)) = result, right != seed {
                self.book.note(date, seed: right)
                self.join(date, wishes, completion)
            } else {
                self.tell(date, wishes.map(\.fan), result, completion)
            }
        }
    }

    /// - Returns: What the store has to learn of it. Nil when the fan had no place.
    func leave(_ date: DateID, fan: UserID, now: Timestamp) async throws(Fault) -> UnsavedPlace? {
        var bytes: [UInt8] = []
        bytes.append(fan)
        guard let change = try await room(RoomScripts.leave, date, now: now, [.bytes(bytes)])?.departure else {
            return nil
        }
        return UnsavedPlace(fan: fan, number: nil, change: change)
    }

    // MARK: - Admission

    func admit(_ date: DateID, seatsLeft: Int, isSoldOut: Bool, now: Timestamp) async throws(Fault) -> Int {
        var admitted = 0
        let arguments: [RedisCommand.Word] = [
            .integer(seatsLeft), .integer(Self.admitMax), .text(isSoldOut ? "1" : "0"),
        ]
        for _ in 0..<Self.admitCallCountMax {
            guard let reply = try await room(RoomScripts.admit, date, now: now, arguments), reply.values.count >= 5
            else { return admitted }
            admitted += Int(reply.values[1].integer ?? 0)
            await saveCalled(reply.values[3].integer ?? 0, of: date)
            if reply.values[4].integer ?? 0 > 0 { drain(date, now: now) }
            if reply.values[2].integer == 0 { break }
        }
        return admitted
    }

    private func saveCalled(_ number: Int64, of date: DateID) async {
        guard book.isCalledDue(number, of: date) else { return }
        do throws(Fault) {
            try await joins.rememberCalled(upTo: number, of: date)
            book.calledSaved(number, of: date)
        } catch {
            logger.warning("the highest called number was not remembered", metadata: ["fault": "\(error)"])
        }
    }

    // MARK: - Rooms that are not there

    private func tell(
        _ date: DateID, _ fans: [UserID], _ result: Result<RoomAnswer, Fault>,
        _ completion: @escaping @Sendable (Result<[Sighting], Fault>) -> Void
    ) {
        switch result {
        case .failure(let fault): completion(.failure(fault))
        case .success(.ok(let reply)):
            if !book.isKnown(date) { book.note(date) }
            completion(Result { () throws(Fault) in try reply.sightings(of: fans) })
        case .success(let answer):
            let nobody = fans.map { _ in Sighting(place: nil, change: nil) }
            Task {
                do throws(Fault) {
                    completion(try await self.isLost(answer, date) ? .failure(self.lost(date)) : .success(nobody))
                } catch {
                    completion(.failure(error))
                }
            }
        }
    }

    /// Whether a room that is not there should be: this process has seen it, or the store remembers fans of it.
    private func isLost(_ answer: RoomAnswer, _ date: DateID) async throws(Fault) -> Bool {
        switch answer {
        case .ok: return false
        case .closed:
            book.forget(date)
            return false
        case .strange, .seed, .drawn: return true
        case .none:
            if book.isKnown(date) { return true }
            return try await !joins.joins(of: date, after: nil, limit: 1).isEmpty
        }
    }

    /// Sees to it that a lost room is opened again.
    private func lost(_ date: DateID) -> Fault {
        book.reopen(date) { fault in
            logger.warning("a lost waiting room is not back yet", metadata: ["fault": "\(fault)"])
        }
        return Fault(.unavailable, attempt: "ask a waiting room", reason: "Redis has lost it; it is being rebuilt")
    }

    static func lot(of fan: UserID, seed: [UInt8], date: DateID) -> Domain.Digest {
        Draw.lot(of: fan, seed: seed, date: date) { message in
            guard let digest = SHA256.hash(data: message).withUnsafeBytes({ Domain.Digest(bytes: $0) }) else {
                preconditionFailure("SHA-256 has 32 bytes")
            }
            return digest
        }
    }
}
