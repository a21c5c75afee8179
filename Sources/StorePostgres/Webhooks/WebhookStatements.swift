enum WebhookStatement: String, StatementSet {
    /// Makes those who add endpoints for one owner wait for each other, so that they are counted.
    case lockOwner = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE"
    case insert = """
        INSERT INTO webhook_endpoints
            (id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
             previous_secret_until, failing_since, created_at, older_secrets)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """
    case ownedCount = "SELECT count(*) FROM webhook_endpoints WHERE owner_id = $1 AND state <> 'DELETED'"
    case count = "SELECT count(*) FROM webhook_endpoints WHERE state IN ('ENABLED', 'DISABLED')"
    case byID = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE id = $1 AND state <> 'DELETED'
        """
    /// What adds deliveries to an endpoint and what ends them wait for each other here: otherwise neither might see that
    /// a delivery has no longer anything to wait for.
    case lock = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE id = $1 AND state <> 'DELETED' FOR UPDATE
        """
    /// In the order of their ids: whoever locks more than one does it like this, and locks deliveries only after.
    case lockAll = """
        SELECT e.id FROM webhook_endpoints AS e JOIN unnest($1) AS wanted (id) ON e.id = wanted.id
        ORDER BY e.id FOR UPDATE OF e
        """
    case lockOfDelivery = """
        SELECT e.id FROM webhook_deliveries AS d JOIN webhook_endpoints AS e ON e.id = d.endpoint_id
        WHERE d.id = $1 FOR UPDATE OF e
        """
    case newest = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE id < $1 AND state <> 'DELETED' ORDER BY id DESC LIMIT $2
        """
    case newestOfOwner = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints WHERE owner_id = $1 AND id < $2 AND state <> 'DELETED' ORDER BY id DESC LIMIT $3
        """
    case enabled = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints AS e
        WHERE state = 'ENABLED' AND (SELECT u.role FROM users AS u WHERE u.id = e.owner_id) <> 'FAN'
        ORDER BY id LIMIT $1
        """
    case ofFormerStaff = """
        SELECT id, owner_id, url, kinds, concert_id, details, state, disabled_reason, secret, previous_secret,
            previous_secret_until, failing_since, created_at, older_secrets
        FROM webhook_endpoints AS e
        WHERE state = 'ENABLED' AND (SELECT u.role FROM users AS u WHERE u.id = e.owner_id) = 'FAN'
        ORDER BY id LIMIT $1
        """
    case due = """
        SELECT e.id, e.owner_id, e.url, e.kinds, e.concert_id, e.details, e.state, e.disabled_reason, e.secret,
            e.previous_secret, e.previous_secret_until, e.failing_since, e.created_at, e.older_secrets
        FROM webhook_endpoints AS e CROSS JOIN LATERAL (
            SELECT 1 FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.next_attempt_at <= $2 LIMIT 1) AS due
        WHERE e.state = 'ENABLED' AND e.id > $1 AND (e.failing_since IS NOT NULL) = $4
            AND (SELECT u.role FROM users AS u WHERE u.id = e.owner_id) <> 'FAN'
        ORDER BY e.id LIMIT $3
        """
    case update = """
        UPDATE webhook_endpoints
        SET url = $2, kinds = $3, concert_id = $4, details = $5, state = $6, disabled_reason = $7, secret = $8,
            previous_secret = $9, previous_secret_until = $10, failing_since = $11, older_secrets = $12
        WHERE id = $1
        """
    case delete = "UPDATE webhook_endpoints SET state = 'DELETED', disabled_reason = NULL WHERE id = $1"
    case deleted = "SELECT id FROM webhook_endpoints WHERE state = 'DELETED' ORDER BY id LIMIT 1"
    /// Only when nothing of it is left.
    case forget = """
        DELETE FROM webhook_endpoints AS e WHERE e.id = $1
            AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id)
        """
}

enum WebhookDeliveryStatement: String, StatementSet {
    /// Nothing for events that the endpoint was told, or when the endpoint is off or gone. The endpoints are locked.
    case insert = """
        INSERT INTO webhook_deliveries
            (id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count, give_up_at,
             created_at)
        SELECT new.id, e.id, new.event_id, new.kind, new.subject_id, new.payload, 'PENDING', 0, 0, new.give_up_at,
            new.created_at
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY
            AS new (id, endpoint_id, event_id, kind, subject_id, payload, give_up_at, created_at, place)
        JOIN webhook_endpoints AS e ON e.id = new.endpoint_id AND e.state = 'ENABLED'
        ORDER BY new.place ON CONFLICT (endpoint_id, event_id) DO NOTHING
        """
    /// Lets the first one about each of these subjects that is not over have a time: now, or when its own claim is over.
    /// One that waited for the end of the claim beside the subject waits no more.
    case promote = """
        UPDATE webhook_deliveries AS d
        SET next_attempt_at = CASE
                WHEN d.taken_until > $3 AND d.taken_until IS DISTINCT FROM head.claim THEN d.taken_until ELSE $3 END,
            taken_until = CASE WHEN d.taken_until = head.claim THEN NULL ELSE d.taken_until END
        FROM (
            SELECT DISTINCT ON (t.endpoint_id, t.subject_id) t.endpoint_id, t.subject_id, t.claim
            FROM unnest($1, $2, $4) AS t (endpoint_id, subject_id, claim)) AS touched
        CROSS JOIN LATERAL (
            SELECT o.position, touched.claim FROM webhook_deliveries AS o
            WHERE o.endpoint_id = touched.endpoint_id AND o.subject_id = touched.subject_id AND o.status = 'PENDING'
            ORDER BY o.position LIMIT 1) AS head
        WHERE d.position = head.position AND (d.next_attempt_at IS NULL OR d.taken_until = head.claim)
        """
    /// Of several that waited for the end of a claim none does any more.
    case endClaim = """
        UPDATE webhook_deliveries AS d SET taken_until = NULL
        FROM unnest($2, $3) AS ended (subject_id, claim)
        WHERE d.endpoint_id = $1 AND d.subject_id = ended.subject_id AND d.status = 'PENDING'
            AND d.taken_until = ended.claim
        """
    /// Gives them a later time, at which they are due again if nothing is recorded. The endpoint is locked.
    case take = """
        UPDATE webhook_deliveries AS d SET next_attempt_at = $3, taken_until = $3
        FROM (
            SELECT o.position FROM webhook_deliveries AS o
            WHERE o.endpoint_id = $1 AND o.next_attempt_at <= $2
                AND (SELECT e.state FROM webhook_endpoints AS e WHERE e.id = $1) = 'ENABLED'
                AND (SELECT u.role FROM webhook_endpoints AS e JOIN users AS u ON u.id = e.owner_id WHERE e.id = $1)
                    <> 'FAN'
            ORDER BY o.next_attempt_at LIMIT $4) AS due
        WHERE d.position = due.position
        RETURNING d.id, d.endpoint_id, d.event_id, d.kind, d.subject_id, d.payload, d.status, d.attempt_count,
            d.failure_count, d.next_attempt_at, d.give_up_at, d.created_at, d.finished_at, d.taken_until
        """
    case pending = """
        SELECT id FROM webhook_deliveries WHERE endpoint_id = $1 AND status = 'PENDING' AND id > $2 ORDER BY id LIMIT $3
        """
    /// What is under way keeps its time.
    case bringForward = """
        UPDATE webhook_deliveries AS d SET next_attempt_at = least(d.created_at, $2)
        FROM unnest($1) AS waiting (id)
        WHERE d.id = waiting.id AND d.next_attempt_at > $2 AND (d.taken_until IS NULL OR d.taken_until <= $2)
        """
    case byID = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        FROM webhook_deliveries WHERE id = $1
        """
    case newest = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        FROM webhook_deliveries WHERE endpoint_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
        """
    case newestOfStatus = """
        SELECT id, endpoint_id, event_id, kind, subject_id, payload, status, attempt_count, failure_count,
            next_attempt_at, give_up_at, created_at, finished_at, taken_until
        FROM webhook_deliveries WHERE endpoint_id = $1 AND status = $2 AND id < $3 ORDER BY id DESC LIMIT $4
        """
    /// Of those that are over, or that were given to another or sent again meanwhile, nothing is changed. One that must wait
    /// for an earlier one again, which was sent again meanwhile, has no time.
    case recordTries = """
        WITH tried AS (
            UPDATE webhook_deliveries AS d
            SET status = new.status, attempt_count = d.attempt_count + 1,
                failure_count = d.failure_count + new.failures, finished_at = new.finished_at, taken_until = NULL,
                next_attempt_at = CASE WHEN EXISTS (
                    SELECT 1 FROM webhook_deliveries AS o
                    WHERE o.endpoint_id = d.endpoint_id AND o.subject_id = d.subject_id AND o.status = 'PENDING'
                        AND o.position < d.position) THEN NULL ELSE new.next_attempt_at END
            FROM unnest($2, $3, $4, $5, $6, $12)
                AS new (id, status, failures, next_attempt_at, finished_at, taken_until)
            WHERE d.id = new.id AND d.endpoint_id = $1 AND d.status = 'PENDING'
                AND d.taken_until IS NOT DISTINCT FROM new.taken_until
            RETURNING d.id, d.attempt_count)
        INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status_code, error, answer)
        SELECT tried.id, tried.attempt_count, made.at, made.duration_ms, made.status_code, made.error, made.answer
        FROM tried JOIN unnest($2, $7, $8, $9, $10, $11) AS made (id, at, duration_ms, status_code, error, answer)
            ON made.id = tried.id
        """
    case trimAttempts = """
        DELETE FROM webhook_attempts AS a
        USING unnest($1) AS tried (id) JOIN webhook_deliveries AS d ON d.id = tried.id
        WHERE a.delivery_id = d.id AND a.number <= d.attempt_count - $2
        """
    case reopen = """
        UPDATE webhook_deliveries
        SET status = 'PENDING', failure_count = 0, next_attempt_at = $2, taken_until = $3, give_up_at = $4,
            finished_at = NULL
        WHERE id = $1
        """
    /// Whether one that is sent again must wait for another itself.
    case earlier = """
        SELECT o.position FROM webhook_deliveries AS d JOIN webhook_deliveries AS o
            ON o.endpoint_id = d.endpoint_id AND o.subject_id = d.subject_id AND o.status = 'PENDING'
            AND o.position < d.position
        WHERE d.id = $1 LIMIT 1
        """
    /// Until when another about the same subject is under way, if one is.
    case underWay = """
        SELECT max(o.taken_until) FROM webhook_deliveries AS d JOIN webhook_deliveries AS o
            ON o.endpoint_id = d.endpoint_id AND o.subject_id = d.subject_id AND o.status = 'PENDING'
            AND o.taken_until > $2
        WHERE d.id = $1
        """
    /// Those that come after one that is sent again wait for it.
    case holdBack = """
        UPDATE webhook_deliveries SET next_attempt_at = NULL
        WHERE endpoint_id = $1 AND subject_id = $2 AND status = 'PENDING'
            AND position > (SELECT again.position FROM webhook_deliveries AS again WHERE again.id = $3)
        """
    case attempts = """
        SELECT number, at, duration_ms, status_code, error, answer FROM webhook_attempts
        WHERE delivery_id = $1 ORDER BY number
        """
    case old = """
        SELECT id, endpoint_id, subject_id FROM webhook_deliveries WHERE id < $1 ORDER BY id LIMIT $2
        """
    /// Their endpoints are locked.
    case forget = """
        DELETE FROM webhook_deliveries AS d USING unnest($1) AS old (id) WHERE d.id = old.id
        """
    case forgetOfEndpoint = """
        DELETE FROM webhook_deliveries WHERE id IN (
            SELECT old.id FROM webhook_deliveries AS old WHERE old.endpoint_id = $1 ORDER BY old.id LIMIT $2)
        """
}
