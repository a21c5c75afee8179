enum WebhookStatement: String, StatementSet {
    case insert = """
        INSERT INTO webhook_endpoints
            (id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
             previous_secret_until, failing_since, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case ownedCount = "SELECT count(*) FROM webhook_endpoints WHERE owner_id = ? AND state <> 'DELETED'"
    case count = "SELECT count(*) FROM webhook_endpoints WHERE state IN ('ENABLED', 'DISABLED')"
    case byID = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at
        FROM webhook_endpoints WHERE id = ? AND state <> 'DELETED'
        """
    case newest = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at
        FROM webhook_endpoints WHERE id < ? AND state <> 'DELETED' ORDER BY id DESC LIMIT ?
        """
    case newestOfOwner = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at
        FROM webhook_endpoints WHERE owner_id = ? AND id < ? AND state <> 'DELETED' ORDER BY id DESC LIMIT ?
        """
    case enabled = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at
        FROM webhook_endpoints WHERE state = 'ENABLED' ORDER BY id LIMIT ?
        """
    case due = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at
        FROM webhook_endpoints
        WHERE state = 'ENABLED' AND id > ? AND EXISTS (
            SELECT 1 FROM webhook_deliveries AS d WHERE d.endpoint_id = webhook_endpoints.id AND d.next_attempt_at <= ?)
        ORDER BY id LIMIT ?
        """
    case update = """
        UPDATE webhook_endpoints
        SET url = ?, kinds = ?, concert_id = ?, details = ?, state = ?, disabled_reason = ?, secret = ?,
            previous_secret = ?, previous_secret_until = ?, failing_since = ?
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
    /// Lets the first one about a subject that is not over have a time.
    case promote = """
        UPDATE webhook_deliveries SET next_attempt_at = ?3
        WHERE position = (
                SELECT position FROM webhook_deliveries
                WHERE endpoint_id = ?1 AND subject_id = ?2 AND status = 'PENDING' ORDER BY position LIMIT 1)
            AND next_attempt_at IS NULL
        """
    /// Gives them a later time, at which they are due again if nothing is recorded.
    case take = """
        UPDATE webhook_deliveries SET next_attempt_at = ?3
        WHERE position IN (
            SELECT position FROM webhook_deliveries
            WHERE endpoint_id = ?1 AND next_attempt_at <= ?2 ORDER BY next_attempt_at LIMIT ?4)
        RETURNING id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at
        """
    case byID = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at
        FROM webhook_deliveries WHERE id = ?
        """
    case newest = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at
        FROM webhook_deliveries WHERE endpoint_id = ? AND id < ? ORDER BY id DESC LIMIT ?
        """
    case newestOfStatus = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at
        FROM webhook_deliveries WHERE endpoint_id = ? AND status = ? AND id < ? ORDER BY id DESC LIMIT ?
        """
    /// Of one that is over, such as after a second process has tried it too, nothing is changed.
    case recordTry = """
        UPDATE webhook_deliveries
        SET status = ?, attempt_count = attempt_count + 1, failure_count = failure_count + ?, next_attempt_at = ?,
            finished_at = ?
        WHERE id = ? AND endpoint_id = ? AND status = 'PENDING' RETURNING attempt_count
        """
    case reopen = """
        UPDATE webhook_deliveries
        SET status = 'PENDING', failure_count = 0, next_attempt_at = NULL, give_up_at = ?, finished_at = NULL
        WHERE id = ?
        """
    /// Those that come after one that is sent again wait for it.
    case holdBack = """
        UPDATE webhook_deliveries SET next_attempt_at = NULL
        WHERE endpoint_id = ? AND subject_id = ? AND status = 'PENDING'
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
