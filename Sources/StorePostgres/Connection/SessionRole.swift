internal import Ports

/// What a connection is for, and so what it must find at the other end.
enum SessionRole: Sendable {
    /// Changes rows: the server is the primary, and a commit waits for the disk.
    case writer
    /// Reads what was just written: the server is the primary too, but here nothing can be changed.
    case reader
    /// Reads what may be a few seconds old.
    case browser
    /// Makes the schema, so it finds none yet.
    case migrator

    /// libpq's parameters where the URI says nothing. A server that went away without a word is noticed within
    /// seconds: by an acknowledgement that does not come, or by keep-alives while an answer is awaited.
    var defaults: [(key: String, value: String)] {
        let target =
            switch self {
            case .writer, .migrator: "read-write"
            case .reader: "primary"
            case .browser: "any"
            }
        return [
            ("connect_timeout", "5"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10"),
            ("keepalives_interval", "3"), ("keepalives_count", "3"), ("fallback_application_name", "jari"),
            ("target_session_attrs", target),
        ]
    }

    static let fixed: [(key: String, value: String)] = [("client_encoding", "UTF8")]

    /// Whether its commits wait for a standby. Those of a migration that finds its work done write nothing, so there is
    /// nothing to wait for.
    fileprivate var showsCommits: Bool {
        switch self {
        case .writer: true
        case .reader, .browser, .migrator: false
        }
    }

    private var mayWrite: Bool {
        switch self {
        case .writer, .migrator: true
        case .reader, .browser: false
        }
    }
}

/// Asked and set on every new connection, before it is used.
private enum SetupStatement: String, StatementSet {
    case look = """
        SELECT pg_is_in_recovery(), current_setting('transaction_read_only'), current_setting('server_encoding'),
            current_setting('synchronous_commit'), to_regclass('schema_versions') IS NOT NULL,
            (SELECT system_identifier FROM pg_control_system()),
            CASE WHEN pg_is_in_recovery() THEN 0
                ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
        """
    /// Between the two round trips of a batch lies only the deciding: a program that takes two seconds for it is frozen,
    /// and loses its connection, and with it its locks. Others wait for a lock for longer than that, so they get it. One
    /// that is not freed in three seconds is waited for again when the batch is run again: after five times, or about
    /// fifteen seconds, its callers are told to try later.
    ///
    /// Hot statements find every row through an index whatever the statistics say, which on the first day of a sale is
    /// nothing: so plans are made once, and never read a whole table.
    case setUpWriter = """
        SELECT set_config('synchronous_commit', $1, false), set_config('lock_timeout', '3s', false),
            set_config('statement_timeout', '30s', false),
            set_config('idle_in_transaction_session_timeout', '2s', false), set_config('jit', 'off', false),
            set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
            set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)
        """
    case setUpReader = """
        SELECT set_config('default_transaction_read_only', 'on', false), set_config('jit', 'off', false),
            set_config('statement_timeout', '30s', false), set_config('random_page_cost', '1.1', false)
        """
}

extension Connection {
    /// Connects, checks what is at the other end, and sets the session up.
    ///
    /// Of several servers libpq takes the first that can be written. When that one is an old primary, each of the others
    /// is tried by itself. A program that has seen none yet looks at all of them first.
    ///
    /// - Parameter rejected: Told why one of several servers was not taken, once for each reason.
    /// - Throws: A ``Fault`` whose reason is one line for whoever started the program.
    static func ready(
        _ role: SessionRole, at address: Address, following timeline: PrimaryTimeline?,
        rejected: (Fault) -> Void = { _ in }
    ) throws(Fault) -> Connection {
        /// Tries one of several servers by itself.
        func look(at server: Address) -> Connection? {
            do throws(NotReady) {
                return try Connection(ready: role, at: server, following: timeline)
            } catch {
                if timeline?.isNews(error.fault.reason) ?? false { rejected(error.fault) }
                return nil
            }
        }
        if let timeline, timeline.isUnknown {
            for server in address.servers { _ = look(at: server) }
        }
        do throws(NotReady) {
            return try Connection(ready: role, at: address, following: timeline)
        } catch {
            guard error.isOldPrimary else { throw error.fault }
            for server in address.servers {
                if let connection = look(at: server) { return connection }
            }
            throw error.fault
        }
    }

    /// Why a connection cannot be used.
    private struct NotReady: Error {
        let fault: Fault
        var isOldPrimary = false
    }

    private convenience init(ready role: SessionRole, at address: Address, following timeline: PrimaryTimeline?)
        throws(NotReady)
    {
        let attempt = "connect to PostgreSQL at \(address.description)"
        do {
            try self.init(address, role: role)
            try setUp(role, at: address, following: timeline)
        } catch let refusal as NotReady {
            throw refusal
        } catch Pipeline.Failure.lost(let reason, _) {
            throw NotReady(fault: Fault(.unavailable, attempt: attempt, reason: reason.inOneLine))
        } catch {
            throw NotReady(fault: Fault(error, attempt: attempt, server: address.description))
        }
    }

    private func setUp(_ role: SessionRole, at address: Address, following timeline: PrimaryTimeline?) throws {
        func refuse(_ reason: String, isOldPrimary: Bool = false) -> NotReady {
            let fault = Fault(
                .unavailable, attempt: "connect to PostgreSQL at \(address.description)",
                reason: "\(address.description) \(reason)")
            return NotReady(fault: fault, isOldPrimary: isOldPrimary)
        }
        let found = try exchange([Request(SetupStatement.look)])[0].first(ServerLook.init) ?? ServerLook()
        switch role {
        case .writer, .migrator:
            if found.isStandby { throw refuse("is a standby: it cannot be written") }
            if found.isReadOnly { throw refuse("only reads: default_transaction_read_only is on") }
        case .reader:
            if found.isStandby { throw refuse("is a standby: what was just written may be missing") }
        case .browser: break
        }
        if let timeline {
            if let reason = timeline.reasonToRefuse(found.place) { throw refuse(reason, isOldPrimary: true) }
            follow(timeline, at: found.place, showsCommits: role.showsCommits)
        }
        guard found.encoding == "UTF8" else {
            throw refuse("has a database in \(found.encoding); Jari needs one in UTF8")
        }
        if case .migrator = role { return }
        let schema =
            found.hasSchema ? try exchange([Request(MigrationStatement.found)])[0].first(Schema.Found.init) : nil
        if let reason = Schema.reasonNotToUse(schema ?? .nothing) { throw refuse(reason) }
        switch role {
        case .writer:
            // "off" and "local" would take back, after a crash or failover, what fans were told.
            let isDurable = found.durability == "on" || found.durability == "remote_apply"
            _ = try exchange([Request(SetupStatement.setUpWriter, isDurable ? found.durability : "on")])
        case .reader, .browser, .migrator: _ = try exchange([Request(SetupStatement.setUpReader)])
        }
    }
}

/// What ``SetupStatement/look`` finds.
private struct ServerLook {
    var isStandby = false
    var isReadOnly = false
    var encoding = ""
    var durability = ""
    var hasSchema = false
    var place = PrimaryTimeline.Place(system: 0, timeline: 0)
}

extension ServerLook {
    init(_ row: Columns) throws {
        isStandby = try row.bool(0)
        isReadOnly = row.text(1) == "on"
        encoding = row.text(2)
        durability = row.text(3)
        hasSchema = try row.bool(4)
        place = PrimaryTimeline.Place(system: try row.integer(5), timeline: try row.integer(6))
    }
}
