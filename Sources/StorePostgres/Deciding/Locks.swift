internal import Domain

/// Locks on what has no row to lock, or none that should be written for it. The server keeps them in its memory until
/// the transaction ends. All are taken in order of their key.
enum LockStatement: String, StatementSet {
    /// Staff's changes of a date wait for the batches that read it, and the other way round; batches do not wait for
    /// each other. A lock of the row itself would be written to disk, and at a big sale all batches would write it.
    case shareDates = """
        SELECT count(pg_advisory_xact_lock_shared(d.key)) FROM (
            SELECT DISTINCT uuid_hash_extended(f.date_id, 0) AS key FROM (
                SELECT unnest($1) AS date_id
                UNION SELECT r.date_id FROM reservations AS r WHERE r.id = ANY ($2)
                UNION SELECT r.date_id FROM payments AS p JOIN reservations AS r ON r.id = p.reservation_id
                    WHERE p.id = ANY ($3)) AS f
            ORDER BY key) AS d
        """
    case takeDate = "SELECT count(pg_advisory_xact_lock(uuid_hash_extended($1, 0)))"
    case takeDatesOfConcert = """
        SELECT count(pg_advisory_xact_lock(d.key)) FROM (
            SELECT DISTINCT uuid_hash_extended(f.id, 0) AS key FROM dates AS f WHERE f.concert_id = $1
            ORDER BY key) AS d
        """
    /// A fan who has no seats of a date yet has no row there. Two batches that hold seats for the same fan must not
    /// both find that the fan may have more.
    case fans = """
        SELECT count(pg_advisory_xact_lock(c.key)) FROM (
            SELECT DISTINCT uuid_hash_extended(f.user_id, 1) # uuid_hash_extended(f.date_id, 2) AS key
            FROM unnest($1, $2) AS f (user_id, date_id) ORDER BY key) AS c
        """
    /// Two logins of one user at once must not each overlook the other's session.
    case sessionsOfUser = "SELECT count(pg_advisory_xact_lock(uuid_hash_extended($1, 3)))"
}
