enum CatalogStatement: String, StatementSet {
    /// Every word of a JSON array must occur. It looks at one concert after the other, newest first, by decision: there
    /// are thousands at most, and in Korean a word may stand in the middle of another.
    case search = """
        SELECT id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, status,
            created_at
        FROM concerts
        WHERE id < ?1 AND (?2 OR status <> 'DRAFT')
            AND NOT EXISTS (SELECT 1 FROM json_each(?3) AS word WHERE instr(search_text, word.value) = 0)
        ORDER BY id DESC LIMIT ?4
        """
    case concert = """
        SELECT id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, status,
            created_at
        FROM concerts WHERE id = ?
        """
    case saveConcert = """
        INSERT INTO concerts
            (id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, search_text,
            status, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE
        SET title_ko = excluded.title_ko, title_en = excluded.title_en, artist_ko = excluded.artist_ko,
            artist_en = excluded.artist_en, venue_ko = excluded.venue_ko, venue_en = excluded.venue_en,
            details_ko = excluded.details_ko, details_en = excluded.details_en, search_text = excluded.search_text,
            status = excluded.status
        """
    case deleteConcert = "DELETE FROM concerts WHERE id = ?"

    case date = """
        SELECT id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at
        FROM dates WHERE id = ?
        """
    case datesOfConcert = """
        SELECT id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at
        FROM dates WHERE concert_id = ? ORDER BY starts_at, id
        """
    case datesClosingAfter = """
        SELECT id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at
        FROM dates WHERE sale_closes_at >= ? ORDER BY sale_opens_at, id LIMIT ?
        """
    case saveDate = """
        INSERT INTO dates
            (id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE
        SET starts_at = excluded.starts_at, sale_opens_at = excluded.sale_opens_at,
            sale_closes_at = excluded.sale_closes_at, is_cancelled = excluded.is_cancelled,
            active_max = excluded.active_max, admit_per_second = excluded.admit_per_second,
            active_seconds = excluded.active_seconds, seats_per_fan_max = excluded.seats_per_fan_max,
            is_paused = excluded.is_paused, draw_seed = excluded.draw_seed
        """
    /// The first of a block of numbers: what the column held before.
    case claimQueueNumbers = """
        UPDATE dates SET next_queue_number = next_queue_number + ?2 WHERE id = ?1
        RETURNING next_queue_number - ?2
        """
    case deleteDate = "DELETE FROM dates WHERE id = ?"

    case grades = "SELECT name, price FROM grades WHERE date_id = ? ORDER BY position"
    case insertGrade = "INSERT INTO grades (date_id, position, name, price) VALUES (?, ?, ?, ?)"
    case deleteGrades = "DELETE FROM grades WHERE date_id = ?"

    case layout = "SELECT document FROM layouts WHERE date_id = ?"
    case saveLayout = """
        INSERT INTO layouts (date_id, document) VALUES (?, ?)
        ON CONFLICT (date_id) DO UPDATE SET document = excluded.document
        """
    case deleteLayout = "DELETE FROM layouts WHERE date_id = ?"
    case deleteFigures = "DELETE FROM sales_figures WHERE date_id = ?"
    case deleteMinutes = "DELETE FROM sales_minutes WHERE date_id = ?"
}

enum SeatMapStatement: String, StatementSet {
    case ofDate = """
        SELECT id, date_id, section, row, number, grade, state, reservation_id, held_until, fence, version,
            position, x, y
        FROM seats WHERE date_id = ? ORDER BY ordinal
        """
    case insert = """
        INSERT INTO seats
            (id, date_id, ordinal, section, row, number, position, grade, x, y, state, reservation_id, held_until, fence,
                version)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    /// A fence that has grown means that the seat was claimed once, so a reservation names it, live or over.
    case everClaimed = """
        SELECT 1 FROM seats
        WHERE date_id = ? AND (fence > 0 OR state NOT IN ('AVAILABLE', 'BLOCKED')) LIMIT 1
        """
    case deleteOfDate = "DELETE FROM seats WHERE date_id = ?"
}
