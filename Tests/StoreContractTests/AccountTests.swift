import Domain
import Ports
import Testing

@Suite("Users and their logins")
struct AccountTests {
    @Test("A user is found by id and by address, with the password's hash", arguments: contracts)
    func create(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let user = try await world.user("kim", role: .staff)
            #expect(try await world.store.user(user.id) == user)
            let credentials = try #require(try await world.store.credentials(email: user.email))
            #expect(credentials.user == user)
            #expect(credentials.passwordHash == "hash of kim")
            #expect(try await world.store.credentials(email: "nobody@example.com") == nil)
            #expect(try await world.store.user(world.id()) == nil)
        }
    }

    @Test("An address that is taken changes nothing", arguments: contracts)
    func taken(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let user = try await world.user()
            let second = User(
                id: world.id(), email: user.email, name: "thief", role: .admin, createdAt: world.clock.now())
            #expect(try await world.store.create(second, passwordHash: "other") == false)
            #expect(try await world.store.user(second.id) == nil)
            #expect(try await world.store.credentials(email: user.email)?.passwordHash == "hash of fan")
        }
    }

    @Test("Each refresh token is good once, in turn", arguments: contracts)
    func rotate(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            let second = try await rotate(session.id, from: [1], to: [2], in: world)
            #expect(second?.refreshTokenHash == [2])
            #expect(second?.userID == session.userID)
            #expect(try await rotate(session.id, from: [2], to: [3], in: world) != nil)
        }
    }

    @Test("A token used again ends the whole family", arguments: contracts)
    func replay(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            _ = try await rotate(session.id, from: [1], to: [2], in: world)
            #expect(try await rotate(session.id, from: [1], to: [9], in: world) == nil)
            // The thief's replay has also ended the token that was good.
            #expect(try await rotate(session.id, from: [2], to: [3], in: world) == nil)
        }
    }

    @Test("The same rotation once more, within its time, is the same and changes nothing", arguments: contracts)
    func again(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            let first = try #require(try await rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world))
            world.clock.advance(seconds: 19)
            #expect(try await rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world) == first)
            // It did not begin anew: a second later the time is over, and the token has been used before.
            world.clock.advance(seconds: 1)
            #expect(try await rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world) == nil)
            #expect(try await rotate(session.id, from: [2], to: [3], againForSeconds: 20, in: world) == nil)
        }
    }

    @Test("Another token than the one that follows is good once, also within that time", arguments: contracts)
    func againWithAnother(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            _ = try await rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world)
            _ = try await rotate(session.id, from: [2], to: [3], againForSeconds: 20, in: world)
            #expect(try await rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world) == nil)
            #expect(try await rotate(session.id, from: [3], to: [4], againForSeconds: 20, in: world) == nil)
        }
    }

    @Test("Two of the same rotation at once both get the token that follows", arguments: contracts)
    func againAtOnce(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            async let first = rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world)
            async let second = rotate(session.id, from: [1], to: [2], againForSeconds: 20, in: world)
            let both = try await [first, second].compactMap(\.self)
            #expect(both.map(\.refreshTokenHash) == [[2], [2]])
            #expect(try await rotate(session.id, from: [2], to: [3], in: world) != nil)
        }
    }

    @Test("Of two rotations at once with the same token, one wins and the family ends", arguments: contracts)
    func race(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            async let first = rotate(session.id, from: [1], to: [2], in: world)
            async let second = rotate(session.id, from: [1], to: [3], in: world)
            let winners = try await [first, second].compactMap(\.self)
            #expect(winners.count == 1)
            #expect(try await rotate(session.id, from: winners[0].refreshTokenHash, to: [4], in: world) == nil)
        }
    }

    @Test("A session is over at the moment it expires", arguments: contracts)
    func expiry(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            world.clock.set(session.expiresAt)
            #expect(try await rotate(session.id, from: [1], to: [2], in: world) == nil)
        }
    }

    @Test("Logging out ends a session, and once more does no harm", arguments: contracts)
    func end(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let session = try await login(in: world)
            try await world.store.end(session.id)
            try await world.store.end(session.id)
            #expect(try await rotate(session.id, from: [1], to: [2], in: world) == nil)
        }
    }

    @Test("Only sessions that have expired are forgotten", arguments: contracts)
    func forget(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let old = try await login(in: world)
            world.clock.advance(seconds: 10)
            let young = try await login(in: world)
            let now = world.clock.now()
            world.clock.set(young.expiresAt)
            try await world.store.forgetSessions(expiredForSeconds: 0)
            world.clock.set(now.adding(seconds: -10))
            #expect(try await rotate(old.id, from: [1], to: [2], in: world) == nil)
            #expect(try await rotate(young.id, from: [1], to: [2], in: world) != nil)
        }
    }

    @Test("A session too many ends the one that was not used for longest, and nobody else's", arguments: contracts)
    func tooMany(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (user, other) = (try await world.user("kim").id, try await world.user("lee").id)
            func logIn(_ user: UserID) async throws -> (session: Session, ended: [ID<Session>]) {
                world.clock.advance(seconds: 1)
                let session = Session(
                    id: world.id(), userID: user, refreshTokenHash: [1],
                    expiresAt: world.clock.now().adding(seconds: 60))
                return (session, try await world.store.create(session, sessionCountMax: 3))
            }
            let others = try await logIn(other).session
            let first = try await logIn(user).session
            let second = try await logIn(user).session
            let third = try await logIn(user).session
            // The first is used, so the second is now the one that was not for longest.
            world.clock.advance(seconds: 1)
            #expect(try await rotate(first.id, from: [1], to: [2], in: world) != nil)
            #expect(try await logIn(user).ended == [second.id])
            #expect(try await rotate(second.id, from: [1], to: [2], in: world) == nil)
            #expect(try await logIn(user).ended == [third.id])
            #expect(try await rotate(first.id, from: [2], to: [3], in: world) != nil)
            #expect(try await rotate(others.id, from: [1], to: [2], in: world) != nil)
        }
    }

    private func login(in world: World) async throws -> Session {
        let session = Session(
            id: world.id(), userID: try await world.user().id, refreshTokenHash: [1],
            expiresAt: world.clock.now().adding(seconds: 60))
        #expect(try await world.store.create(session, sessionCountMax: 50) == [])
        return session
    }

    private func rotate(
        _ session: ID<Session>, from presented: [UInt8], to next: [UInt8], againForSeconds: Int = 0, in world: World
    ) async throws -> Session? {
        let now = world.clock.now()
        let rotation = try await world.store.rotate(
            session, from: presented, to: next, expiresAt: now.adding(seconds: 60), now: now,
            againForSeconds: againForSeconds)
        guard case .rotated(let session) = rotation else { return nil }
        return session
    }
}
