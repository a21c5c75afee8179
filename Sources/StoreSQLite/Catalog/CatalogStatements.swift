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
    case insertConcert = """
        INSERT INTO concerts
            (id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, search_text,
            status, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case updateConcert = """
        UPDATE concerts
        SET title_ko = ?, title_en = ?, artist_ko = ?, artist_en = ?, venue_ko = ?, venue_en = ?, details_ko = ?,
            details_en = ?, search_text = ?, status = ?
        WHERE id = ?
        """
    case concertOfDate = """
        SELECT c.status FROM dates AS d JOIN concerts AS c ON c.id = d.concert_id WHERE d.id = ?
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
        SELECT d.id, d.concert_id, d.starts_at, d.sale_opens_at, d.sale_closes_at, d.is_cancelled, d.active_max,
            d.admit_per_second, d.active_seconds, d.seats_per_fan_max, d.is_paused, d.draw_seed, d.created_at,
            NOT d.is_cancelled AND c.status = 'PUBLISHED'
        FROM dates AS d JOIN concerts AS c ON c.id = d.concert_id
        WHERE d.sale_closes_at >= ?
        ORDER BY d.sale_opens_at, d.id LIMIT ?
        """
    case insertDate = """
        INSERT INTO dates
            (id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
            active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case updateDate = """
        UPDATE dates
        SET starts_at = ?, sale_opens_at = ?, sale_closes_at = ?, is_cancelled = ?, active_max = ?,
            admit_per_second = ?, active_seconds = ?, seats_per_fan_max = ?, is_paused = ?, draw_seed = ?
        WHERE id = ?
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
