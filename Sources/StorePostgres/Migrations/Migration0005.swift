/// What staff settle by hand, since when a payment is unknown and who asks about it, and why fans gave tickets back.
///
/// The program of an older schema goes on beside it. It cannot read a refund that staff have settled (`SETTLED`), nor an
/// entry of the audit log of the kinds `payment.letGo`, `refund.settled` and `payment.refunded`: a page with one of them
/// fails there. It leaves the new columns as they are: for a payment that it works on, `unknown_since` and `claim` say
/// nothing.
///
/// Sales go on while it runs. What reads all events comes first, when no table is locked yet. What takes its time under a
/// lock of a table would hold sales up for as long, so the words of a refund's status are checked for new rows only, and
/// for those of before afterwards, under a lock that stops nobody.
enum Migration0005: Migration {
    static let version = 5
    static let oldestProgram = 1

    static let statements = [
        """
        UPDATE payments SET decline_code = 'RETURNED'
        WHERE status = 'REFUNDED' AND id IN (SELECT subject_id FROM events WHERE kind = 'payment.returned')
        """,
        "ALTER TABLE payments ADD COLUMN unknown_since timestamptz, ADD COLUMN claim uuid",
        "UPDATE payments SET unknown_since = created_at WHERE status = 'UNKNOWN'",
        """
        CREATE INDEX requested_charges ON payments (created_at)
            WHERE status = 'REQUESTED' AND reservation_id IS NULL
        """,
        """
        ALTER TABLE refunds
            DROP CONSTRAINT refunds_status_check,
            ADD CONSTRAINT refunds_status_check CHECK (status IN ('REQUESTED', 'DONE', 'FAILED', 'SETTLED')) NOT VALID
        """,
        "ALTER TABLE tickets ADD COLUMN refund_reason text",
    ]

    static let afterwards = ["ALTER TABLE refunds VALIDATE CONSTRAINT refunds_status_check"]
}
