public import Domain
internal import GRDB
public import Ports

extension Concert {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), title: row.localized(ko: 1, en: 2), artist: row.localized(ko: 3, en: 4),
            venue: row.localized(ko: 5, en: 6), details: row.localized(ko: 7, en: 8), status: try row.word(9),
            createdAt: row.time(10))
    }

    /// What a search looks through. The fields are kept apart by a line break, which no word contains.
    var searchText: String {
        [title, artist, venue].flatMap { [$0.ko, $0.en] }.joined(separator: "\n").lowercased()
    }
}

extension SQLiteStore {
    public func concerts(search: String, includeDrafts: Bool, before: ConcertID?, limit: Int)
        async throws(Fault) -> [Concert]
    {
        let words = search.lowercased().split(whereSeparator: \.isWhitespace)
        let list = "[" + words.map { jsonString($0) }.joined(separator: ",") + "]"
        return try await read("search concerts") { db in
            try PreparedStatement(CatalogStatement.search, on: db)
                .all(before ?? .greatest, includeDrafts, list, limit, as: Concert.init)
        }
    }

    public func concert(_ id: ConcertID) async throws(Fault) -> Concert? {
        try await read("read a concert") { db in
            try PreparedStatement(CatalogStatement.concert, on: db).first(id, as: Concert.init)
        }
    }

    public func add(_ concert: Concert, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault) {
        try await write("add a concert") { db in
            try PreparedStatement(CatalogStatement.insertConcert, on: db).run(
                concert.id, concert.title.ko, concert.title.en, concert.artist.ko, concert.artist.en, concert.venue.ko,
                concert.venue.en, concert.details.ko, concert.details.en, concert.searchText, concert.status,
                concert.createdAt)
            try CatalogChange(concert, event: event, action: action, answer: answer).insertNotes(on: db)
        }
    }

    public func change(_ concert: ConcertID, _ change: @Sendable @escaping (Concert) -> CatalogChange<Concert>)
        async throws(Fault) -> (before: Concert, after: Concert)?
    {
        try await write("change a concert") { db in
            let found = try PreparedStatement(CatalogStatement.concert, on: db).first(concert, as: Concert.init)
            guard let found else { return nil }
            let changed = change(found)
            let row = changed.row
            try PreparedStatement(CatalogStatement.updateConcert, on: db).run(
                row.title.ko, row.title.en, row.artist.ko, row.artist.en, row.venue.ko, row.venue.en, row.details.ko,
                row.details.en, row.searchText, row.status, concert)
            try changed.insertNotes(on: db)
            return (found, row)
        }
    }

    public func delete(_ concert: ConcertID, action: StaffAction?) async throws(Fault) -> CatalogRefusal? {
        try await write("delete a concert") { db in
            let dates = try PreparedStatement(CatalogStatement.datesOfConcert, on: db).all(concert) { row in
                let date: DateID = try row.id(0)
                return date
            }
            for date in dates where try Self.wasEverClaimed(date, on: db) { return .hasReservations }
            for date in dates { try Self.remove(date, on: db) }
            let deleted = try PreparedStatement(CatalogStatement.deleteConcert, on: db).run(concert)
            guard deleted == 1 else { return .notFound }
            try action?.insert(on: db)
            return nil
        }
    }
}

extension CatalogChange {
    /// Writes what stands beside the row.
    func insertNotes(on db: Database) throws {
        try EventLogRow.insert([event], on: db)
        try action?.insert(on: db)
        try answer?.insert(on: db)
    }
}

/// A word as a string of JSON.
private func jsonString(_ word: Substring) -> String {
    var text = "\""
    for scalar in word.unicodeScalars {
        switch scalar {
        case "\"", "\\": text += "\\\(scalar)"
        case "\u{0}"..."\u{1F}": text += " "
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text + "\""
}
