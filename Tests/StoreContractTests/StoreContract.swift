import Domain
import Ports
import Testing

/// A driver of the port ``Store``, as the tests of its contract see it. The suites run once for each of `contracts`.
protocol StoreContract: Sendable, CustomTestStringConvertible {
    /// A store for one test alone, migrated and empty.
    func makeStore(clock: any WallClock) async throws -> any Store
    /// Ends a store that `makeStore` made, and removes what it kept.
    func remove(_ store: any Store) async throws

    /// Runs SQL behind the store's back, with every constraint and trigger that can be switched off switched off: what a
    /// bug, or somebody with a shell, could have done.
    func tamper(with store: any Store, _ sql: String) async throws
    /// An id as the store's SQL spells it.
    func literal(_ id: String) -> String
    /// Any moment, no bytes, and a column of time a little later.
    var moment: String { get }
    var noBytes: String { get }
    func later(_ column: String) -> String
    /// No and yes, and bytes, as the store's SQL spells them.
    var flags: (no: String, yes: String) { get }
    func bytes(_ bytes: [UInt8]) -> String
}

/// Every driver there is. A server that the run is told to use and cannot reach fails the tests.
let contracts: [any StoreContract] = [SQLiteContract()] + (PostgresContract.uri == nil ? [] : [PostgresContract()])
