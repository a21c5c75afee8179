import Domain
import Ports
import Testing

/// A driver of the port ``Store``, as the tests of its contract see it. The suites run once for each of `contracts`.
protocol StoreContract: Sendable, CustomTestStringConvertible {
    /// A store for one test alone, migrated and empty.
    func makeStore(clock: any WallClock) async throws -> any Store
    /// Ends a store that `makeStore` made, and removes what it kept.
    func remove(_ store: any Store) async throws
}

/// Every driver there is.
let contracts: [any StoreContract] = [SQLiteContract()]
