import Domain
import Ports
import Testing

/// Only a store that several processes share keeps places: nothing runs without a server.
private let keepers: [any StoreContract] = PostgresContract.uri == nil ? [] : [PostgresContract()]

@Suite("Places in a queue are kept, so that a room can be rebuilt")
struct QueueJoinTests {
    private func with(
        _ contract: any StoreContract, _ body: (any QueueJoinStore, DateID, [UserID]) async throws -> Void
    ) async throws {
        try await World.with(contract) { world in
            let store = try #require(world.store as? any QueueJoinStore)
            let fans: [UserID] = (0..<4).map { _ in world.id() }
            try await body(store, world.id(), fans)
        }
    }

    @Test("Places come by number and then by fan, page by page", arguments: keepers)
    func pages(contract: any StoreContract) async throws {
        try await with(contract) { store, date, fans in
            let joins = [
                QueueJoin(fan: fans[1], number: 0), QueueJoin(fan: fans[2], number: 0),
                QueueJoin(fan: fans[3], number: 7), QueueJoin(fan: fans[0], number: 10),
            ]
            try await store.remember([joins[3], joins[1]], of: date)
            try await store.remember([joins[0], joins[2]], of: date)
            #expect(try await store.joins(of: date, after: nil, limit: 10) == joins)
            #expect(try await store.joins(of: date, after: nil, limit: 1) == [joins[0]])
            #expect(try await store.joins(of: date, after: joins[0], limit: 2) == [joins[1], joins[2]])
            #expect(try await store.joins(of: date, after: joins[3], limit: 2).isEmpty)
        }
    }

    @Test("A place that is remembered again is replaced, the highest number counting", arguments: keepers)
    func replaced(contract: any StoreContract) async throws {
        try await with(contract) { store, date, fans in
            try await store.remember([QueueJoin(fan: fans[0], number: 0)], of: date)
            try await store.remember(
                [QueueJoin(fan: fans[0], number: 5), QueueJoin(fan: fans[0], number: 6)], of: date)
            let kept = try await store.joins(of: date, after: nil, limit: 10)
            #expect(kept == [QueueJoin(fan: fans[0], number: 6)])
        }
    }

    @Test("Word that comes late does not put a lower number over a higher one", arguments: keepers)
    func late(contract: any StoreContract) async throws {
        try await with(contract) { store, date, fans in
            try await store.remember([QueueJoin(fan: fans[0], number: 5)], of: date)
            try await store.remember([QueueJoin(fan: fans[0], number: 0)], of: date)
            try await store.remember(
                [QueueJoin(fan: fans[1], number: 6), QueueJoin(fan: fans[1], number: 0)], of: date)
            let kept = try await store.joins(of: date, after: nil, limit: 10)
            #expect(kept == [QueueJoin(fan: fans[0], number: 5), QueueJoin(fan: fans[1], number: 6)])
        }
    }

    @Test("Who left is forgotten, and a closed room altogether, but no other", arguments: keepers)
    func forget(contract: any StoreContract) async throws {
        try await with(contract) { store, date, fans in
            let other = DateID(high: 1, low: 2)
            let joins = fans.enumerated().map { QueueJoin(fan: $0.element, number: Int64($0.offset)) }
            for room in [date, other] { try await store.remember(joins, of: room) }
            try await store.forget([fans[0], fans[2]], of: date)
            #expect(try await store.joins(of: date, after: nil, limit: 10) == [joins[1], joins[3]])
            try await store.rememberCalled(upTo: 3, of: date)
            try await store.forgetJoins(of: date)
            #expect(try await store.joins(of: date, after: nil, limit: 10).isEmpty)
            #expect(try await store.calledUpTo(of: date) == 0)
            #expect(try await store.joins(of: other, after: nil, limit: 10) == joins)
        }
    }

    @Test("The number that was called never goes down", arguments: keepers)
    func called(contract: any StoreContract) async throws {
        try await with(contract) { store, date, _ in
            #expect(try await store.calledUpTo(of: date) == 0)
            for number: Int64 in [5, 9, 7] { try await store.rememberCalled(upTo: number, of: date) }
            #expect(try await store.calledUpTo(of: date) == 9)
        }
    }
}
