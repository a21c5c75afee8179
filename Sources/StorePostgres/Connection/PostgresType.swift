internal import CLibpq

/// A type of PostgreSQL with that of its arrays: numbers that are the same in every version and installation.
struct PostgresType: Sendable {
    let oid: Oid
    /// 0 for what is an array itself.
    let array: Oid

    static let bool = PostgresType(oid: 16, array: 1000)
    static let bytea = PostgresType(oid: 17, array: 1001)
    static let bigint = PostgresType(oid: 20, array: 1016)
    static let text = PostgresType(oid: 25, array: 1009)
    static let float = PostgresType(oid: 701, array: 1022)
    static let timestamptz = PostgresType(oid: 1184, array: 1185)
    static let uuid = PostgresType(oid: 2950, array: 2951)
}
