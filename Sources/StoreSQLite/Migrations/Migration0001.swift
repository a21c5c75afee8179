internal import GRDB

/// The first schema. docs/erd.md has the diagram, and the reason of every constraint and index.
///
/// A migration that has been released is never edited: a change is the next file.
enum Migration0001: Migration {
    static let version = 1

    static func run(on db: Database) throws {
        try db.execute(sql: accounts)
        try db.execute(sql: catalog)
        try db.execute(sql: sales)
        try db.execute(sql: money)
        try db.execute(sql: tickets)
        try db.execute(sql: events)
        try db.execute(sql: staffActions)
        try db.execute(sql: salesFigures)
    }

    private static let accounts = """
        CREATE TABLE users (
            id BLOB PRIMARY KEY NOT NULL,
            email TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('FAN', 'STAFF', 'ADMIN')),
            password_hash TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sessions (
            id BLOB PRIMARY KEY NOT NULL,
            user_id BLOB NOT NULL REFERENCES users (id),
            refresh_token_hash BLOB NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_by_end ON sessions (expires_at);
        CREATE INDEX sessions_by_user ON sessions (user_id, expires_at);
        """

    private static let catalog = """
        CREATE TABLE concerts (
            id BLOB PRIMARY KEY NOT NULL,
            title_ko TEXT NOT NULL, title_en TEXT NOT NULL,
            artist_ko TEXT NOT NULL, artist_en TEXT NOT NULL,
            venue_ko TEXT NOT NULL, venue_en TEXT NOT NULL,
            details_ko TEXT NOT NULL, details_en TEXT NOT NULL,
            search_text TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('DRAFT', 'PUBLISHED', 'CANCELLED')),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE dates (
            id BLOB PRIMARY KEY NOT NULL,
            concert_id BLOB NOT NULL REFERENCES concerts (id),
            starts_at INTEGER NOT NULL,
            sale_opens_at INTEGER NOT NULL,
            sale_closes_at INTEGER NOT NULL,
            is_cancelled INTEGER NOT NULL CHECK (is_cancelled IN (0, 1)),
            active_max INTEGER NOT NULL CHECK (active_max > 0),
            admit_per_second INTEGER NOT NULL CHECK (admit_per_second > 0),
            active_seconds INTEGER NOT NULL CHECK (active_seconds > 0),
            seats_per_fan_max INTEGER NOT NULL CHECK (seats_per_fan_max > 0),
            is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
            draw_seed BLOB NOT NULL CHECK (length(draw_seed) = 32),
            next_queue_number INTEGER NOT NULL DEFAULT 1 CHECK (next_queue_number > 0),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX dates_by_concert ON dates (concert_id, starts_at);
        CREATE INDEX dates_by_closing ON dates (sale_closes_at);

        CREATE TABLE grades (
            date_id BLOB NOT NULL REFERENCES dates (id),
            position INTEGER NOT NULL CHECK (position >= 0),
            name TEXT NOT NULL,
            price INTEGER NOT NULL CHECK (price >= 0),
            PRIMARY KEY (date_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE layouts (
            date_id BLOB PRIMARY KEY NOT NULL REFERENCES dates (id),
            document BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE draws (
            date_id BLOB PRIMARY KEY NOT NULL REFERENCES dates (id),
            seed BLOB NOT NULL CHECK (length(seed) = 32),
            first_number INTEGER NOT NULL CHECK (first_number > 0),
            lots BLOB NOT NULL CHECK (length(lots) % 8 = 0)
        ) STRICT;
        """

    private static let sales = """
        CREATE TABLE reservations (
            id BLOB PRIMARY KEY NOT NULL,
            date_id BLOB NOT NULL REFERENCES dates (id),
            user_id BLOB NOT NULL REFERENCES users (id),
            status TEXT NOT NULL
                CHECK (status IN ('PENDING', 'CONFIRMED', 'PAID', 'EXPIRED', 'CANCELLED', 'REFUNDED')),
            seat_count INTEGER NOT NULL CHECK (seat_count >= 0),
            amount INTEGER NOT NULL CHECK (amount >= 0),
            expires_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            version INTEGER NOT NULL CHECK (version > 0),
            is_over INTEGER NOT NULL CHECK (is_over = (status IN ('EXPIRED', 'CANCELLED', 'REFUNDED')))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX reservations_by_fan ON reservations
            (user_id, date_id, is_over, status, seat_count, expires_at);
        CREATE INDEX pending_reservations_by_deadline ON reservations (expires_at) WHERE status = 'PENDING';

        CREATE TABLE seats (
            id BLOB PRIMARY KEY NOT NULL,
            date_id BLOB NOT NULL REFERENCES dates (id),
            ordinal INTEGER NOT NULL,
            section TEXT NOT NULL,
            row TEXT NOT NULL,
            number TEXT NOT NULL,
            position INTEGER NOT NULL,
            grade INTEGER NOT NULL CHECK (grade >= 0),
            x REAL NOT NULL,
            y REAL NOT NULL,
            state TEXT NOT NULL,
            reservation_id BLOB REFERENCES reservations (id),
            held_until INTEGER,
            fence INTEGER NOT NULL CHECK (fence >= 0),
            version INTEGER NOT NULL CHECK (version >= 0),
            CHECK (
                CASE state
                    WHEN 'AVAILABLE' THEN reservation_id IS NULL AND held_until IS NULL
                    WHEN 'PENDING' THEN reservation_id IS NOT NULL AND held_until IS NOT NULL
                    WHEN 'CONFIRMED' THEN reservation_id IS NOT NULL AND held_until IS NOT NULL
                    WHEN 'PAID' THEN reservation_id IS NOT NULL AND held_until IS NULL
                    WHEN 'BLOCKED' THEN reservation_id IS NULL AND held_until IS NULL
                    ELSE 0
                END)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX seats_by_date ON seats (date_id, ordinal);
        CREATE TRIGGER seats_once_claimed_stay BEFORE DELETE ON seats WHEN OLD.fence > 0
            BEGIN SELECT RAISE(ABORT, 'a seat that was claimed once is never deleted'); END;

        CREATE TABLE reservation_seats (
            reservation_id BLOB NOT NULL REFERENCES reservations (id),
            seat_id BLOB NOT NULL,
            fence INTEGER NOT NULL CHECK (fence > 0),
            grade INTEGER NOT NULL CHECK (grade >= 0),
            grade_name TEXT NOT NULL,
            price INTEGER NOT NULL CHECK (price >= 0),
            PRIMARY KEY (reservation_id, seat_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE answers (
            position INTEGER PRIMARY KEY,
            scope BLOB NOT NULL CHECK (length(scope) = 32),
            request_hash BLOB NOT NULL,
            status INTEGER NOT NULL,
            body BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX answers_by_scope ON answers (scope);
        """

    private static let money = """
        CREATE TABLE wallets (
            user_id BLOB PRIMARY KEY NOT NULL REFERENCES users (id),
            balance INTEGER NOT NULL CHECK (balance >= 0)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE payments (
            id BLOB PRIMARY KEY NOT NULL,
            reservation_id BLOB NOT NULL REFERENCES reservations (id),
            user_id BLOB NOT NULL REFERENCES users (id),
            method TEXT NOT NULL CHECK (method IN ('POINTS', 'CARD', 'MIXED')),
            status TEXT NOT NULL
                CHECK (status IN
                    ('REQUESTED', 'CAPTURED', 'DECLINED', 'UNKNOWN', 'PARTIALLY_REFUNDED', 'REFUNDED')),
            amount INTEGER NOT NULL CHECK (amount >= 0),
            refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND amount),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX payments_by_reservation ON payments (reservation_id);

        CREATE TABLE transfers (
            id BLOB NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('CHARGE', 'PAYMENT', 'REFUND')),
            from_account BLOB NOT NULL,
            to_account BLOB NOT NULL CHECK (to_account <> from_account),
            wallet_id BLOB NOT NULL REFERENCES wallets (user_id) CHECK (wallet_id IN (from_account, to_account)),
            amount INTEGER NOT NULL CHECK (amount > 0),
            payment_id BLOB REFERENCES payments (id),
            balance INTEGER NOT NULL CHECK (balance >= 0),
            at INTEGER NOT NULL,
            PRIMARY KEY (wallet_id, id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let tickets = """
        CREATE TABLE tickets (
            id BLOB PRIMARY KEY NOT NULL,
            reservation_id BLOB NOT NULL,
            seat_id BLOB NOT NULL,
            date_id BLOB NOT NULL REFERENCES dates (id),
            user_id BLOB NOT NULL REFERENCES users (id),
            secret INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('VALID', 'USED', 'VOID')),
            used_at INTEGER CHECK ((used_at IS NOT NULL) = (status = 'USED')),
            used_gate TEXT,
            created_at INTEGER NOT NULL,
            FOREIGN KEY (reservation_id, seat_id) REFERENCES reservation_seats (reservation_id, seat_id)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX one_good_ticket_per_seat ON tickets (seat_id) WHERE status <> 'VOID';
        CREATE INDEX tickets_by_reservation ON tickets (reservation_id);
        """

    private static let events = """
        CREATE TABLE events (
            id BLOB PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL,
            subject_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            date_id BLOB,
            user_id BLOB,
            amount INTEGER NOT NULL CHECK (amount >= 0),
            seats BLOB NOT NULL CHECK (length(seats) % 25 = 0),
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER events_never_change BEFORE UPDATE ON events
            BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
        CREATE TRIGGER events_never_go BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;

        CREATE TABLE outbox (
            position INTEGER PRIMARY KEY,
            event_id BLOB NOT NULL REFERENCES events (id)
        ) STRICT;

        CREATE TABLE consumed_events (
            consumer TEXT NOT NULL,
            event_id BLOB NOT NULL,
            PRIMARY KEY (consumer, event_id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let staffActions = """
        CREATE TABLE staff_actions (
            id BLOB PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL,
            subject_id BLOB NOT NULL,
            staff_id BLOB NOT NULL REFERENCES users (id),
            reason TEXT,
            detail TEXT,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER staff_actions_never_change BEFORE UPDATE ON staff_actions
            BEGIN SELECT RAISE(ABORT, 'what staff did is never changed'); END;
        CREATE TRIGGER staff_actions_never_go BEFORE DELETE ON staff_actions
            BEGIN SELECT RAISE(ABORT, 'what staff did is never deleted'); END;
        """

    private static let salesFigures = """
        CREATE TABLE sales_figures (
            date_id BLOB NOT NULL,
            grade INTEGER NOT NULL,
            held INTEGER NOT NULL,
            sold INTEGER NOT NULL,
            revenue INTEGER NOT NULL,
            PRIMARY KEY (date_id, grade)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sales_minutes (
            date_id BLOB NOT NULL,
            minute INTEGER NOT NULL,
            tickets INTEGER NOT NULL,
            revenue INTEGER NOT NULL,
            PRIMARY KEY (date_id, minute)
        ) STRICT, WITHOUT ROWID;
        """
}
