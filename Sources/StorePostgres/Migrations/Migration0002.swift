/// Payments by card: what the gateway knows of a payment, refunds to the card, and the house's own accounts.
///
/// The program of the first schema goes on beside it (docs/adr/0021): it inserts payments without the new columns, and
/// all of those are with points, which is what the defaults say.
enum Migration0002: Migration {
    static let version = 2
    static let oldestProgram = 1

    static var statements: [String] { payments + transfers + refunds + guards + holds }

    private static let payments = [
        """
        ALTER TABLE payments
            ALTER COLUMN reservation_id DROP NOT NULL,
            ADD COLUMN card bigint NOT NULL DEFAULT 0,
            ADD COLUMN gateway_key text,
            ADD COLUMN try_at timestamptz,
            ADD COLUMN try_count bigint NOT NULL DEFAULT 0 CHECK (try_count >= 0),
            ADD COLUMN decline_code text,
            ADD CONSTRAINT payments_parts_fit_their_method CHECK (
                CASE method
                    WHEN 'POINTS' THEN card = 0 AND reservation_id IS NOT NULL
                    WHEN 'CARD' THEN card = amount AND card > 0
                    WHEN 'MIXED' THEN card > 0 AND card < amount AND reservation_id IS NOT NULL
                    ELSE false
                END),
            ADD CONSTRAINT unknown_payments_are_tried CHECK ((try_at IS NOT NULL) = (status = 'UNKNOWN')),
            ADD CONSTRAINT unknown_payments_have_a_key CHECK (status <> 'UNKNOWN' OR gateway_key IS NOT NULL)
        """,
        """
        CREATE UNIQUE INDEX one_open_payment_per_reservation ON payments (reservation_id)
            WHERE reservation_id IS NOT NULL AND status IN ('REQUESTED', 'UNKNOWN')
        """,
        "CREATE UNIQUE INDEX payments_by_gateway_key ON payments (gateway_key) WHERE gateway_key IS NOT NULL",
        "CREATE INDEX unknown_payments ON payments (try_at) WHERE status = 'UNKNOWN'",
        "CREATE INDEX card_payments ON payments (id) WHERE card > 0",
    ]

    /// What moves between accounts of the house has no wallet to lie under, so it lies apart, in order of time.
    private static let transfers = [
        """
        ALTER TABLE transfers
            DROP CONSTRAINT transfers_kind_check,
            ADD CONSTRAINT transfers_kind_check
                CHECK (kind IN ('CHARGE', 'PAYMENT', 'REFUND', 'RESERVE', 'RELEASE'))
        """,
        """
        CREATE TABLE house_transfers (
            id uuid PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('PAYMENT', 'REFUND')),
            from_account uuid NOT NULL,
            to_account uuid NOT NULL CHECK (to_account <> from_account),
            amount bigint NOT NULL CHECK (amount > 0),
            payment_id uuid NOT NULL REFERENCES payments (id),
            at timestamptz NOT NULL
        )
        """,
    ]

    private static let refunds = [
        """
        CREATE TABLE refunds (
            id uuid PRIMARY KEY,
            payment_id uuid NOT NULL REFERENCES payments (id),
            amount bigint NOT NULL CHECK (amount > 0),
            reason text NOT NULL,
            status text NOT NULL CHECK (status IN ('REQUESTED', 'DONE', 'FAILED')),
            try_at timestamptz NOT NULL,
            try_count bigint NOT NULL CHECK (try_count >= 0),
            created_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX refunds_by_payment ON refunds (payment_id)",
        "CREATE INDEX due_refunds ON refunds (try_at) WHERE status = 'REQUESTED'",
        "CREATE INDEX failed_refunds ON refunds (id) WHERE status = 'FAILED'",
    ]

    /// The program of the first schema gives everything back as points. It must not do so with a card's money, which goes
    /// back to the card: such a refund fails there, until the process is replaced.
    private static let guards = [
        """
        CREATE FUNCTION expect_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM payments AS p
                WHERE p.id = NEW.id AND div(p.refunded::numeric * p.card, p.amount)
                    <> (SELECT coalesce(sum(r.amount), 0) FROM refunds AS r WHERE r.payment_id = p.id))
            THEN
                RAISE EXCEPTION 'the refunds of card payment % are not what it gave back', NEW.id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;
        END $$
        """,
        """
        CREATE CONSTRAINT TRIGGER card_money_goes_to_the_card AFTER UPDATE OF refunded ON payments
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.card > 0 AND NEW.refunded <> OLD.refunded)
            EXECUTE FUNCTION expect_refunds()
        """,
    ]

    /// A hold that waits for a card has a deadline too. The index answers for the program before, too, which asks for
    /// `PENDING` alone.
    private static let holds = [
        """
        CREATE INDEX held_reservations_by_deadline ON reservations (expires_at)
            WHERE status IN ('PENDING', 'CONFIRMED')
        """,
        "DROP INDEX pending_reservations_by_deadline",
    ]
}
