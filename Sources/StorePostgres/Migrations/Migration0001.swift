/// The first schema: the tables of the embedded store in PostgreSQL's own types. docs/erd.md has the diagram, the
/// reason of every constraint and index, and what differs here.
///
/// What every hold and purchase writes has no foreign keys to rows that the same batch has just made, or that are never
/// deleted: checking one locks the other row, which is a write of its own at a random place.
///
/// A migration that has been released is never edited: a change is the next file.
enum Migration0001: Migration {
    static let version = 1
    static let oldestProgram = 1

    static var statements: [String] {
        accounts + catalog + sales + money + tickets + events + staffActions + salesFigures + waitingRooms + guards
    }

    private static let accounts = [
        """
        CREATE TABLE users (
            id uuid PRIMARY KEY,
            email text NOT NULL CONSTRAINT users_by_email UNIQUE,
            name text NOT NULL,
            role text NOT NULL CHECK (role IN ('FAN', 'STAFF', 'ADMIN')),
            password_hash text NOT NULL,
            created_at timestamptz NOT NULL
        )
        """,
        """
        CREATE TABLE sessions (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users (id),
            refresh_token_hash bytea NOT NULL,
            expires_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX sessions_by_end ON sessions (expires_at)",
        "CREATE INDEX sessions_by_user ON sessions (user_id, expires_at)",
    ]

    private static let catalog = [
        """
        CREATE TABLE concerts (
            id uuid PRIMARY KEY,
            title_ko text NOT NULL, title_en text NOT NULL,
            artist_ko text NOT NULL, artist_en text NOT NULL,
            venue_ko text NOT NULL, venue_en text NOT NULL,
            details_ko text NOT NULL, details_en text NOT NULL,
            search_text text NOT NULL,
            status text NOT NULL CHECK (status IN ('DRAFT', 'PUBLISHED', 'CANCELLED')),
            created_at timestamptz NOT NULL
        )
        """,
        """
        CREATE TABLE dates (
            id uuid PRIMARY KEY,
            concert_id uuid NOT NULL REFERENCES concerts (id),
            starts_at timestamptz NOT NULL,
            sale_opens_at timestamptz NOT NULL,
            sale_closes_at timestamptz NOT NULL,
            is_cancelled boolean NOT NULL,
            active_max bigint NOT NULL CHECK (active_max > 0),
            admit_per_second bigint NOT NULL CHECK (admit_per_second > 0),
            active_seconds bigint NOT NULL CHECK (active_seconds > 0),
            seats_per_fan_max bigint NOT NULL CHECK (seats_per_fan_max > 0),
            is_paused boolean NOT NULL,
            draw_seed bytea NOT NULL CHECK (length(draw_seed) = 32),
            next_queue_number bigint NOT NULL DEFAULT 1 CHECK (next_queue_number > 0),
            created_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX dates_by_concert ON dates (concert_id, starts_at)",
        "CREATE INDEX dates_by_closing ON dates (sale_closes_at)",
        """
        CREATE TABLE grades (
            date_id uuid NOT NULL REFERENCES dates (id),
            position bigint NOT NULL CHECK (position >= 0),
            name text NOT NULL,
            price bigint NOT NULL CHECK (price >= 0),
            PRIMARY KEY (date_id, position)
        )
        """,
        """
        CREATE TABLE layouts (
            date_id uuid PRIMARY KEY REFERENCES dates (id),
            document bytea NOT NULL
        )
        """,
        """
        CREATE TABLE draws (
            date_id uuid PRIMARY KEY REFERENCES dates (id),
            seed bytea NOT NULL CHECK (length(seed) = 32),
            first_number bigint NOT NULL CHECK (first_number > 0),
            lots bytea NOT NULL CHECK (length(lots) % 8 = 0)
        )
        """,
        // Random bits: no time is spent on trying to make them shorter.
        "ALTER TABLE draws ALTER COLUMN lots SET STORAGE EXTERNAL",
    ]

    private static let sales = [
        """
        CREATE TABLE reservations (
            id uuid PRIMARY KEY,
            date_id uuid NOT NULL,
            user_id uuid NOT NULL,
            status text NOT NULL
                CHECK (status IN ('PENDING', 'CONFIRMED', 'PAID', 'EXPIRED', 'CANCELLED', 'REFUNDED')),
            seat_count bigint NOT NULL CHECK (seat_count >= 0),
            amount bigint NOT NULL CHECK (amount >= 0),
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            version bigint NOT NULL CHECK (version > 0),
            is_over boolean NOT NULL CHECK (is_over = (status IN ('EXPIRED', 'CANCELLED', 'REFUNDED')))
        ) WITH (fillfactor = 85)
        """,
        "CREATE INDEX reservations_by_fan ON reservations (user_id, date_id)",
        "CREATE INDEX pending_reservations_by_deadline ON reservations (expires_at) WHERE status = 'PENDING'",
        """
        CREATE TABLE seats (
            id uuid PRIMARY KEY,
            date_id uuid NOT NULL REFERENCES dates (id),
            ordinal bigint NOT NULL,
            section text NOT NULL,
            row text NOT NULL,
            number text NOT NULL,
            position bigint NOT NULL,
            grade bigint NOT NULL CHECK (grade >= 0),
            x double precision NOT NULL,
            y double precision NOT NULL,
            state text NOT NULL,
            reservation_id uuid,
            held_until timestamptz,
            fence bigint NOT NULL CHECK (fence >= 0),
            version bigint NOT NULL CHECK (version >= 0),
            CONSTRAINT seats_show_their_owner CHECK (
                CASE state
                    WHEN 'AVAILABLE' THEN reservation_id IS NULL AND held_until IS NULL
                    WHEN 'PENDING' THEN reservation_id IS NOT NULL AND held_until IS NOT NULL
                    WHEN 'CONFIRMED' THEN reservation_id IS NOT NULL AND held_until IS NOT NULL
                    WHEN 'PAID' THEN reservation_id IS NOT NULL AND held_until IS NULL
                    WHEN 'BLOCKED' THEN reservation_id IS NULL AND held_until IS NULL
                    ELSE false
                END)
        ) WITH (fillfactor = 80)
        """,
        "CREATE UNIQUE INDEX seats_by_date ON seats (date_id, ordinal)",
        """
        CREATE TABLE reservation_seats (
            reservation_id uuid NOT NULL,
            seat_id uuid NOT NULL,
            fence bigint NOT NULL CHECK (fence > 0),
            grade bigint NOT NULL CHECK (grade >= 0),
            grade_name text NOT NULL,
            price bigint NOT NULL CHECK (price >= 0),
            PRIMARY KEY (reservation_id, seat_id)
        )
        """,
        """
        CREATE TABLE answers (
            scope bytea NOT NULL CHECK (length(scope) = 32),
            request_hash bytea NOT NULL,
            status bigint NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT answers_by_scope PRIMARY KEY (scope)
        )
        """,
        "CREATE INDEX answers_by_age ON answers (created_at)",
    ]

    private static let money = [
        """
        CREATE TABLE wallets (
            user_id uuid PRIMARY KEY REFERENCES users (id),
            balance bigint NOT NULL CHECK (balance >= 0)
        ) WITH (fillfactor = 80)
        """,
        """
        CREATE TABLE payments (
            id uuid PRIMARY KEY,
            reservation_id uuid NOT NULL REFERENCES reservations (id),
            user_id uuid NOT NULL,
            method text NOT NULL CHECK (method IN ('POINTS', 'CARD', 'MIXED')),
            status text NOT NULL
                CHECK (status IN
                    ('REQUESTED', 'CAPTURED', 'DECLINED', 'UNKNOWN', 'PARTIALLY_REFUNDED', 'REFUNDED')),
            amount bigint NOT NULL CHECK (amount >= 0),
            refunded bigint NOT NULL CHECK (refunded BETWEEN 0 AND amount),
            created_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX payments_by_reservation ON payments (reservation_id)",
        """
        CREATE TABLE transfers (
            id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN ('CHARGE', 'PAYMENT', 'REFUND')),
            from_account uuid NOT NULL,
            to_account uuid NOT NULL CHECK (to_account <> from_account),
            wallet_id uuid NOT NULL REFERENCES wallets (user_id) CHECK (wallet_id IN (from_account, to_account)),
            amount bigint NOT NULL CHECK (amount > 0),
            payment_id uuid REFERENCES payments (id),
            balance bigint NOT NULL CHECK (balance >= 0),
            at timestamptz NOT NULL,
            PRIMARY KEY (wallet_id, id)
        )
        """,
    ]

    private static let tickets = [
        """
        CREATE TABLE tickets (
            id uuid PRIMARY KEY,
            reservation_id uuid NOT NULL,
            seat_id uuid NOT NULL,
            date_id uuid NOT NULL,
            user_id uuid NOT NULL,
            secret bigint NOT NULL,
            status text NOT NULL CHECK (status IN ('VALID', 'USED', 'VOID')),
            used_at timestamptz CHECK ((used_at IS NOT NULL) = (status = 'USED')),
            used_gate text,
            created_at timestamptz NOT NULL,
            FOREIGN KEY (reservation_id, seat_id) REFERENCES reservation_seats (reservation_id, seat_id)
        )
        """,
        "CREATE UNIQUE INDEX one_good_ticket_per_seat ON tickets (seat_id) WHERE status <> 'VOID'",
        "CREATE INDEX tickets_by_reservation ON tickets (reservation_id)",
    ]

    private static let events = [
        """
        CREATE TABLE events (
            id uuid PRIMARY KEY,
            kind text NOT NULL,
            subject_id uuid NOT NULL,
            version bigint NOT NULL,
            date_id uuid,
            user_id uuid,
            amount bigint NOT NULL CHECK (amount >= 0),
            seats bytea NOT NULL CHECK (length(seats) % 25 = 0),
            at timestamptz NOT NULL
        )
        """,
        """
        CREATE TABLE outbox (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_id uuid NOT NULL
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)
        """,
        """
        CREATE TABLE consumed_events (
            consumer text NOT NULL,
            event_id uuid NOT NULL,
            PRIMARY KEY (consumer, event_id)
        )
        """,
    ]

    private static let staffActions = [
        """
        CREATE TABLE staff_actions (
            id uuid PRIMARY KEY,
            kind text NOT NULL,
            subject_id uuid NOT NULL,
            staff_id uuid NOT NULL REFERENCES users (id),
            reason text,
            detail text,
            at timestamptz NOT NULL
        )
        """
    ]

    private static let salesFigures = [
        """
        CREATE TABLE sales_figures (
            date_id uuid NOT NULL,
            grade bigint NOT NULL,
            held bigint NOT NULL,
            sold bigint NOT NULL,
            revenue bigint NOT NULL,
            PRIMARY KEY (date_id, grade)
        ) WITH (fillfactor = 80)
        """,
        """
        CREATE TABLE sales_minutes (
            date_id uuid NOT NULL,
            minute timestamptz NOT NULL,
            tickets bigint NOT NULL,
            revenue bigint NOT NULL,
            PRIMARY KEY (date_id, minute)
        ) WITH (fillfactor = 80)
        """,
    ]

    private static let waitingRooms = [
        """
        CREATE TABLE queue_joins (
            date_id uuid NOT NULL,
            user_id uuid NOT NULL,
            number bigint NOT NULL CHECK (number >= 0),
            PRIMARY KEY (date_id, user_id)
        )
        """,
        "CREATE INDEX queue_joins_by_number ON queue_joins (date_id, number, user_id)",
        """
        CREATE TABLE queue_calls (
            date_id uuid PRIMARY KEY,
            called_up_to bigint NOT NULL CHECK (called_up_to >= 0)
        ) WITH (fillfactor = 50)
        """,
    ]

    /// What a table cannot say by itself.
    private static let guards = [
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE TRIGGER seats_once_claimed_stay BEFORE DELETE ON seats FOR EACH ROW WHEN (OLD.fence > 0)
            EXECUTE FUNCTION refuse_change('a seat that was claimed once is never deleted')
        """,
        """
        CREATE TRIGGER events_never_change BEFORE UPDATE ON events FOR EACH ROW
            EXECUTE FUNCTION refuse_change('an event is never changed')
        """,
        """
        CREATE TRIGGER events_never_go BEFORE DELETE ON events FOR EACH ROW
            EXECUTE FUNCTION refuse_change('an event is never deleted')
        """,
        """
        CREATE TRIGGER staff_actions_never_change BEFORE UPDATE ON staff_actions FOR EACH ROW
            EXECUTE FUNCTION refuse_change('what staff did is never changed')
        """,
        """
        CREATE TRIGGER staff_actions_never_go BEFORE DELETE ON staff_actions FOR EACH ROW
            EXECUTE FUNCTION refuse_change('what staff did is never deleted')
        """,
        // What a batch was sure to change, it did change: asked in the same round trip as the COMMIT behind it.
        """
        CREATE FUNCTION expect_rows(counted bigint, wanted bigint, code text, problem text) RETURNS boolean
        LANGUAGE plpgsql AS $$
        BEGIN
            IF counted <> wanted THEN
                RAISE EXCEPTION '%: % of % rows', problem, counted, wanted USING ERRCODE = code;
            END IF;
            RETURN true;
        END $$
        """,
    ]
}
