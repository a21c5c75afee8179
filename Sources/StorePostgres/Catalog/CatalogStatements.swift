enum CatalogStatement: String, StatementSet {
    case now = "SELECT clock_timestamp()"

    /// Every word of an array must occur. It looks at one concert after the other, newest first, by decision: there
    /// are thousands at most, and in Korean a word may stand in the middle of another.
    case search = """
        SELECT id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, status,
            created_at
        FROM concerts
        WHERE id < $1 AND ($2 OR status <> 'DRAFT')
            AND NOT EXISTS (SELECT 1 FROM unnest($3) AS word WHERE strpos(search_text, word) = 0)
        ORDER BY id DESC LIMIT $4
        """
    case concert = """
        SELECT id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, status,
            created_at
        FROM concerts WHERE id = $1
        """
    case insertConcert = """
        INSERT INTO concerts
            (id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, search_text,
            status, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """
    case updateConcert = """
        UPDATE concerts
        SET title_ko = $2, title_en = $3, artist_ko = $4, artist_en = $5, venue_ko = $6, venue_en = $7,
            details_ko = $8, details_en = $9, search_text = $10, status = $11
        WHERE id = $1
        """
    /// Nobody can give the concert another date until it is gone.
    case lockConcert = "SELECT id FROM concerts WHERE id = $1 FOR UPDATE"
    case concertOfDate = """
        SELECT c.status FROM dates AS d JOIN concerts AS c ON c.id = d.concert_id WHERE d.id = $1
        """
    case idsOfDates = "SELECT id FROM dates WHERE concert_id = $1 ORDER BY id"
    case deleteConcert = "DELETE FROM concerts WHERE id = $1"

    case date = """
        SELECT id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at
        FROM dates WHERE id = $1
        """
    case datesOfConcert = """
        SELECT id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at
        FROM dates WHERE concert_id = $1 ORDER BY starts_at, id
        """
    case datesOfConcerts = """
        SELECT id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at
        FROM dates WHERE concert_id = ANY ($1) ORDER BY starts_at, id
        """
    case datesClosingAfter = """
        SELECT d.id, d.concert_id, d.starts_at, d.sale_opens_at, d.sale_closes_at, d.is_cancelled, d.active_max,
            d.admit_per_second, d.active_seconds, d.seats_per_fan_max, d.is_paused, d.draw_seed, d.created_at,
            NOT d.is_cancelled AND c.status = 'PUBLISHED'
        FROM dates AS d JOIN concerts AS c ON c.id = d.concert_id
        WHERE d.sale_closes_at >= $1 ORDER BY d.sale_opens_at, d.id LIMIT $2
        """
    /// The sales of the dates asked for, of the reservations and of the reservations of the payments. A concert that
    /// is not published sells nothing.
    case salesOfBatch = """
        SELECT d.id, d.sale_opens_at, d.sale_closes_at, d.is_cancelled OR c.status <> 'PUBLISHED', d.seats_per_fan_max
        FROM dates AS d JOIN concerts AS c ON c.id = d.concert_id
        WHERE d.id IN (
            SELECT unnest($1)
            UNION SELECT r.date_id FROM reservations AS r WHERE r.id = ANY ($2)
            UNION SELECT r.date_id FROM payments AS p JOIN reservations AS r ON r.id = p.reservation_id
                WHERE p.id = ANY ($3))
        """
    case gradesOfBatch = """
        SELECT g.date_id, g.name, g.price FROM grades AS g
        WHERE g.date_id IN (
            SELECT unnest($1)
            UNION SELECT r.date_id FROM reservations AS r WHERE r.id = ANY ($2)
            UNION SELECT r.date_id FROM payments AS p JOIN reservations AS r ON r.id = p.reservation_id
                WHERE p.id = ANY ($3))
        ORDER BY g.date_id, g.position
        """
    case insertDate = """
        INSERT INTO dates
            (id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
    case updateDate = """
        UPDATE dates
        SET starts_at = $2, sale_opens_at = $3, sale_closes_at = $4, is_cancelled = $5, active_max = $6,
            admit_per_second = $7, active_seconds = $8, seats_per_fan_max = $9, is_paused = $10, draw_seed = $11
        WHERE id = $1
        """
    /// The first of a block of numbers: what the column held before.
    case claimQueueNumbers = """
        UPDATE dates SET next_queue_number = next_queue_number + $2 WHERE id = $1
        RETURNING next_queue_number - $2
        """
    case deleteDates = "DELETE FROM dates WHERE id = ANY ($1)"

    case gradesOfDate = "SELECT date_id, name, price FROM grades WHERE date_id = $1 ORDER BY position"
    case gradesOfConcert = """
        SELECT date_id, name, price FROM grades
        WHERE date_id IN (SELECT d.id FROM dates AS d WHERE d.concert_id = $1) ORDER BY date_id, position
        """
    case gradesOfConcerts = """
        SELECT date_id, name, price FROM grades
        WHERE date_id IN (SELECT d.id FROM dates AS d WHERE d.concert_id = ANY ($1)) ORDER BY date_id, position
        """
    case gradesClosingAfter = """
        SELECT date_id, name, price FROM grades
        WHERE date_id IN (
            SELECT d.id FROM dates AS d WHERE d.sale_closes_at >= $1 ORDER BY d.sale_opens_at, d.id LIMIT $2)
        ORDER BY date_id, position
        """
    case insertGrades = "INSERT INTO grades (date_id, position, name, price) SELECT $1, * FROM unnest($2, $3, $4)"
    case deleteGrades = "DELETE FROM grades WHERE date_id = ANY ($1)"

    case layout = "SELECT document FROM layouts WHERE date_id = $1"
    case saveLayout = """
        INSERT INTO layouts (date_id, document) VALUES ($1, $2)
        ON CONFLICT (date_id) DO UPDATE SET document = excluded.document
        """
    case deleteLayouts = "DELETE FROM layouts WHERE date_id = ANY ($1)"
    case deleteFigures = "DELETE FROM sales_figures WHERE date_id = ANY ($1)"
    case deleteMinutes = "DELETE FROM sales_minutes WHERE date_id = ANY ($1)"
    case deleteQueueJoins = "DELETE FROM queue_joins WHERE date_id = ANY ($1)"
    case deleteQueueCalls = "DELETE FROM queue_calls WHERE date_id = ANY ($1)"
}

enum SeatMapStatement: String, StatementSet {
    case ofDate = """
        SELECT id, date_id, section, row, number, grade, state, reservation_id, held_until, fence, version,
            position, x, y
        FROM seats WHERE date_id = $1 ORDER BY ordinal
        """
    case insert = """
        INSERT INTO seats
            (date_id, id, ordinal, section, row, number, position, grade, x, y, state, reservation_id, held_until,
            fence, version)
        SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """
    /// A fence that has grown means that the seat was claimed once, so a reservation names it, live or over.
    case everClaimed = """
        SELECT 1 FROM seats
        WHERE date_id = $1 AND (fence > 0 OR state NOT IN ('AVAILABLE', 'BLOCKED')) LIMIT 1
        """
    case everClaimedOfConcert = """
        SELECT 1 FROM dates AS d JOIN seats AS s ON s.date_id = d.id
        WHERE d.concert_id = $1 AND (s.fence > 0 OR s.state NOT IN ('AVAILABLE', 'BLOCKED')) LIMIT 1
        """
    case deleteOfDates = "DELETE FROM seats WHERE date_id = ANY ($1)"
}
