public import Domain
public import Ports

extension Concert {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), title: row.localized(ko: 1, en: 2), artist: row.localized(ko: 3, en: 4),
            venue: row.localized(ko: 5, en: 6), details: row.localized(ko: 7, en: 8), status: try row.word(9),
            createdAt: try row.time(10))
    }

    /// What a search looks through. The fields are kept apart by a line break, which no word contains.
    fileprivate var searchText: String {
        [title, artist, venue].flatMap { [$0.ko, $0.en] }.joined(separator: "\n").lowercased()
    }
}

extension PostgresStore {
    /// Fans' searches may be answered by the replica. Staff, who see drafts, see what they have just done.
    public func concerts(search: String, includeDrafts: Bool, before: ConcertID?, limit: Int)
        async throws(Fault) -> [Concert]
    {
        let words = search.lowercased().split(whereSeparator: \.isWhitespace).map { word in
            String(String.UnicodeScalarView(word.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
        }
        return try await browse("search concerts", onReplica: !includeDrafts) { db in
            let request = Request(
                CatalogStatement.search, before ?? .greatest, includeDrafts, Column(words), limit)
            return try db.run(request).all(Concert.init)
        }
    }

    public func concert(_ id: ConcertID) async throws(Fault) -> Concert? {
        try await read("read a concert") { db in
            try db.run(Request(CatalogStatement.concert, id)).first(Concert.init)
        }
    }

    public func add(_ concert: Concert, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault) {
        try await write("add a concert") { db in
            let insert = Request(
                CatalogStatement.insertConcert, concert.id, concert.title.ko, concert.title.en, concert.artist.ko,
                concert.artist.en, concert.venue.ko, concert.venue.en, concert.details.ko, concert.details.en,
                concert.searchText, concert.status, concert.createdAt)
            let change = CatalogChange(concert, event: event, action: action, answer: answer)
            try db.commit([insert] + change.notes)
        }
        replica?.noteWrite()
    }

    /// Waits for the batches that sell the concert's dates: what they read of it stays true until they commit.
    public func change(_ concert: ConcertID, _ change: @Sendable @escaping (Concert) -> CatalogChange<Concert>)
        async throws(Fault) -> (before: Concert, after: Concert)?
    {
        let changed = try await write("change a concert") { db in
            let first = [
                Request(CatalogStatement.lockConcert, concert), Request(LockStatement.takeDatesOfConcert, concert),
                Request(CatalogStatement.concert, concert),
            ]
            return try db.transaction(first) { results -> ((before: Concert, after: Concert)?, commit: [Request]?) in
                guard let found = try results[2].first(Concert.init) else { return (nil, commit: nil) }
                let changed = change(found)
                let row = changed.row
                let update = Request(
                    CatalogStatement.updateConcert, concert, row.title.ko, row.title.en, row.artist.ko, row.artist.en,
                    row.venue.ko, row.venue.en, row.details.ko, row.details.en, row.searchText, row.status)
                return ((found, row), commit: [update] + changed.notes)
            }
        }
        replica?.noteWrite()
        return changed
    }

    public func delete(_ concert: ConcertID, action: StaffAction?) async throws(Fault) -> CatalogRefusal? {
        let refusal = try await write("delete a concert") { db in
            let first = [
                Request(CatalogStatement.lockConcert, concert), Request(LockStatement.takeDatesOfConcert, concert),
                Request(CatalogStatement.idsOfDates, concert), Request(SeatMapStatement.everClaimedOfConcert, concert),
            ]
            return try db.transaction(first) { results -> (CatalogRefusal?, commit: [Request]?) in
                guard results[0].count == 1 else { return (.notFound, commit: nil) }
                guard results[3].count == 0 else { return (.hasReservations, commit: nil) }
                let dates: [DateID] = try results[2].all { try $0.id(0) }
                let removal = Self.removal(of: dates) + [Request(CatalogStatement.deleteConcert, concert)]
                return (nil, commit: removal + StaffAction.insert([action]))
            }
        }
        replica?.noteWrite()
        return refusal
    }
}

extension CatalogChange {
    /// What stands beside the row.
    var notes: [Request] {
        Event.insert([event]) + StaffAction.insert([action]) + (answer.map { [StoredAnswer.replace([$0])] } ?? [])
    }
}
