enum WebhookStatement: String, StatementSet {
    case insert = """
        INSERT INTO webhook_endpoints
            (id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
             previous_secret_until, failing_since, created_at, older_secrets)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case ownedCount = "SELECT count(*) FROM webhook_endpoints WHERE owner_id = ? AND state <> 'DELETED'"
    case count = "SELECT count(*) FROM webhook_endpoints WHERE state IN ('ENABLED', 'DISABLED')"
    case byID = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE id = ? AND state <> 'DELETED'
        """
    case newest = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE id < ? AND state <> 'DELETED' ORDER BY id DESC LIMIT ?
        """
    case newestOfOwner = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE owner_id = ? AND id < ? AND state <> 'DELETED' ORDER BY id DESC LIMIT ?
        """
    case enabled = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints
        WHERE state = 'ENABLED' AND (SELECT role FROM users WHERE users.id = owner_id) <> 'FAN' ORDER BY id LIMIT ?
        """
    case ofFormerStaff = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints
        WHERE state = 'ENABLED' AND (SELECT role FROM users WHERE users.id = owner_id) = 'FAN' ORDER BY id LIMIT ?
        """
    case due = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints
        WHERE state = 'ENABLED' AND id > ? AND (failing_since IS NOT NULL) = ?
            AND EXISTS (
                SELECT 1 FROM webhook_deliveries AS d
                WHERE d.endpoint_id = webhook_endpoints.id AND d.next_attempt_at <= ?)
            AND (SELECT role FROM users WHERE users.id = owner_id) <> 'FAN'
        ORDER BY id LIMIT ?
        """
    case update = """
        UPDATE webhook_endpoints
        SET url = ?, kinds = ?, concert_id = ?, details = ?, state = ?, disabled_reason = ?, secret = ?,
            previous_secret = ?, previous_secret_until = ?, failing_since = ?, older_secrets = ?
        WHERE id = ?
        """
    case delete = """
        UPDATE webhook_endpoints SET state = 'DELETED', disabled_reason = NULL WHERE id = ? AND state <> 'DELETED'
        """
    case deleted = "SELECT id FROM webhook_endpoints WHERE state = 'DELETED' ORDER BY id LIMIT 1"
    case forget = "DELETE FROM webhook_endpoints WHERE id = ?"
}

enum WebhookDeliveryStatement: String, StatementSet {
    /// Nothing for an event that the endpoint was told, or when the endpoint is off or gone.
    case insert = """
        INSERT INTO webhook_deliveries
            (id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count, give_up_at,
             created_at)
        SELECT ?1, id, ?3, ?4, ?5, ?6, 'PENDING', 0, 0, ?7, ?8 FROM webhook_endpoints WHERE id = ?2 AND state = 'ENABLED'
        ON CONFLICT (endpoint_id, event_id) DO NOTHING
        """
    /// Lets the first one about a subject that is not over have a time: now, or when its own claim is over. One that waited
    /// for the end of the claim ?4 waits no more.
    case promote = """
        UPDATE webhook_deliveries
        SET next_attempt_at = CASE WHEN taken_until > ?3 AND taken_until IS NOT ?4 THEN taken_until ELSE ?3 END,
            taken_until = CASE WHEN taken_until = ?4 THEN NULL ELSE taken_until END
        WHERE position = (
                SELECT position FROM webhook_deliveries
                WHERE endpoint_id = ?1 AND subject_id = ?2 AND status = 'PENDING' ORDER BY position LIMIT 1)
            AND (next_attempt_at IS NULL OR taken_until = ?4)
        """
    /// Of several that waited for the end of a claim none does any more.
    case endClaim = """
        UPDATE webhook_deliveries SET taken_until = NULL
        WHERE endpoint_id = ?1 AND subject_id = ?2 AND status = 'PENDING' AND taken_until = ?3
        """
    /// Gives them a later time, at which they are due again if nothing is recorded.
    case take = """
        UPDATE webhook_deliveries SET next_attempt_at = ?3, taken_until = ?3
        WHERE position IN (
            SELECT position FROM webhook_deliveries
            WHERE endpoint_id = ?1 AND next_attempt_at <= ?2
                AND (SELECT u.role FROM webhook_endpoints AS e JOIN users AS u ON u.id = e.owner_id WHERE e.id = ?1)
                    <> 'FAN'
            ORDER BY next_attempt_at LIMIT ?4)
        RETURNING id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        """
    case pending = """
        SELECT id FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'PENDING' AND id > ? ORDER BY id LIMIT ?
        """
    /// What is under way keeps its time.
    case bringForward = """
        UPDATE webhook_deliveries SET next_attempt_at = min(created_at, ?2)
        WHERE id = ?1 AND next_attempt_at > ?2 AND (taken_until IS NULL OR taken_until <= ?2)
        """
    case byID = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        FROM webhook_deliveries WHERE id = ?
        """
    case newest = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        FROM webhook_deliveries WHERE endpoint_id = ? AND id < ? ORDER BY id DESC LIMIT ?
        """
    case newestOfStatus = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        FROM webhook_deliveries WHERE endpoint_id = ? AND status = ? AND id < ? ORDER BY id DESC LIMIT ?
        """
    /// Of one that is over, or that was given to another or sent again meanwhile, nothing is changed. One that must wait for
    /// an earlier one again, which was sent again meanwhile, has no time.
    case recordTry = """
        UPDATE webhook_deliveries
        SET status = ?1, attempt_count = attempt_count + 1, failure_count = failure_count + ?2, finished_at = ?4,
            taken_until = NULL,
            next_attempt_at = CASE WHEN EXISTS (
                SELECT 1 FROM webhook_deliveries AS o
                WHERE o.endpoint_id = webhook_deliveries.endpoint_id AND o.subject_id = webhook_deliveries.subject_id
                    AND o.status = 'PENDING' AND o.position < webhook_deliveries.position) THEN NULL ELSE ?3 END
        WHERE id = ?5 AND endpoint_id = ?6 AND status = 'PENDING' AND taken_until IS ?7 RETURNING attempt_count
        """
    case reopen = """
        UPDATE webhook_deliveries
        SET status = 'PENDING', failure_count = 0, next_attempt_at = ?2, taken_until = ?3, give_up_at = ?4,
            finished_at = NULL
        WHERE id = ?1
        """
    /// Whether one that is sent again must wait for another itself.
    case earlier = """
        SELECT o.position FROM webhook_deliveries AS d JOIN webhook_deliveries AS o
            ON o.endpoint_id = d.endpoint_id AND o.subject_id = d.subject_id AND o.status = 'PENDING'
            AND o.position < d.position
        WHERE d.id = ? LIMIT 1
        """
    /// Until when the one about a subject that is under way is, if one is.
    case underWay = """
        SELECT max(taken_until) FROM webhook_deliveries
        WHERE endpoint_id = ? AND subject_id = ? AND status = 'PENDING' AND taken_until > ?
        """
    /// Those that come after one that is sent again wait for it.
    case holdBack = """
        UPDATE webhook_deliveries SET next_attempt_at = NULL
        WHERE endpoint_id = ?1 AND subject_id = ?2 AND status = 'PENDING'
            AND position > (SELECT position FROM webhook_deliveries WHERE id = ?3)
        """
    case insertAttempt = """
        INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status_code, error, answer)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    case trimAttempts = "DELETE FROM webhook_attempts WHERE delivery_id = ? AND number <= ?"
    case attempts = """
        SELECT number, at, duration_ms, status_code, error, answer FROM webhook_attempts
        WHERE delivery_id = ? ORDER BY number
        """
    case forget = """
        DELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries WHERE id < ? ORDER BY id LIMIT ?)
        RETURNING endpoint_id, subject_id, status
        """
    case forgetOfEndpoint = """
        DELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries WHERE endpoint_id = ? ORDER BY id LIMIT ?)
        """
}
