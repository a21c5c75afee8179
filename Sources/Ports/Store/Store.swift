/// All that Jari keeps. A driver is named after its technology: `SQLiteStore`.
public protocol Store: SalesStore, SalesReader, PaymentStore, CatalogStore, DrawStore, AccountStore, StaffActionStore,
    Outbox, SalesFiguresStore, Auditor
{
    /// Brings the schema to this version, forward only. Refuses a schema that is newer than the program.
    func migrate() async throws(Fault)
    /// Whether the store can be read and written now.
    func check() async throws(Fault)
}
