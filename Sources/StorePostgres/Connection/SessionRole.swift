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
            current_setting('synchronous_commit'), to_regclass('schema_versions') IS NOT NULL
        """
    /// Locks are given up when the program hangs in the middle of a transaction. A batch that has waited ten seconds
    /// for a lock lets its callers try again. Hot statements find every row through an index whatever the statistics
    /// say, which on the first day of a sale is nothing: so plans are made once, and never read a whole table.
    case setUpWriter = """
        SELECT set_config('synchronous_commit', $1, false), set_config('lock_timeout', '10s', false),
            set_config('statement_timeout', '30s', false),
            set_config('idle_in_transaction_session_timeout', '30s', false), set_config('jit', 'off', false),
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
    /// - Throws: A ``Fault`` whose reason is one line for whoever started the program.
    convenience init(ready role: SessionRole, at address: Address) throws(Fault) {
        let attempt = "connect to PostgreSQL at \(address.description)"
        do {
            try self.init(address, role: role)
            try setUp(role, at: address)
        } catch let fault as Fault {
            throw fault
        } catch Pipeline.Failure.lost(let reason, _) {
            throw Fault(.unavailable, attempt: attempt, reason: reason.inOneLine)
        } catch {
            throw Fault(error, attempt: attempt, server: address.description)
        }
    }

    private func setUp(_ role: SessionRole, at address: Address) throws {
        func refuse(_ reason: String) -> Fault {
            Fault(
                .unavailable, attempt: "connect to PostgreSQL at \(address.description)",
                reason: "\(address.description) \(reason)")
        }
        let found = try exchange([Request(SetupStatement.look)])[0]
        let (isStandby, isReadOnly, encoding, durability, hasSchema) =
            try found.first { row in
                (try row.bool(0), row.text(1) == "on", row.text(2), row.text(3), try row.bool(4))
            } ?? (false, false, "", "", false)
        switch role {
        case .writer, .migrator:
            if isStandby { throw refuse("is a standby: it cannot be written") }
            if isReadOnly { throw refuse("only reads: default_transaction_read_only is on") }
        case .reader: if isStandby { throw refuse("is a standby: what was just written may be missing") }
        case .browser: break
        }
        guard encoding == "UTF8" else { throw refuse("has a database in \(encoding); Jari needs one in UTF8") }
        if case .migrator = role { return }
        let schema = hasSchema ? try exchange([Request(MigrationStatement.found)])[0].first(Schema.Found.init) : nil
        if let reason = Schema.reasonNotToUse(schema ?? .nothing) { throw refuse(reason) }
        switch role {
        case .writer:
            // "off" and "local" would take back, after a crash or failover, what fans were told.
            let isDurable = durability == "on" || durability == "remote_apply"
            _ = try exchange([Request(SetupStatement.setUpWriter, isDurable ? durability : "on")])
        case .reader, .browser, .migrator: _ = try exchange([Request(SetupStatement.setUpReader)])
        }
    }
}
