internal import Domain
internal import Engine
internal import HTTPAPI
internal import Ports

/// What a newcomer finds after the first start: two concerts on sale, and two logins.
struct DemoConcerts {
    static let fan = (email: "fan@jari.example", password: "jari-demo-fan")
    static let staff = (email: "staff@jari.example", password: "jari-demo-staff")

    let store: any Store
    let ids: IDMint
    let clock: any WallClock

    /// Adds the demo concerts unless there is any concert already.
    ///
    /// - Returns: Whether it did.
    func add() async throws(Fault) -> Bool {
        guard try await store.concerts(search: "", includeDrafts: true, before: nil, limit: 1).isEmpty else {
            return false
        }
        try await add(theatre, layout: .demoTheatre, inDays: [21, 22])
        try await add(arena, layout: .demoArena, inDays: [35])
        return true
    }

    private func add(_ concert: Concert, layout: Layout, inDays days: [Int]) async throws(Fault) {
        let now = clock.now()
        try await store.add(concert, event: event(.concertChanged, of: ID(concert.id), at: now))
        for day in days {
            let startsAt = evening(inDays: day, after: now)
            let date = ConcertDate(
                id: ids.next(at: now), concertID: concert.id, startsAt: startsAt,
                saleOpensAt: now.adding(seconds: -3600), saleClosesAt: startsAt, drawSeed: ids.seed(), createdAt: now)
            try await store.add(date, event: event(.dateChanged, of: ID(date.id), at: now))
            let seats = layout.places().map { place in
                MappedSeat(
                    seat: Seat(id: ids.next(at: now), dateID: date.id, label: place.label, grade: place.grade),
                    place: place)
            }
            let refusal = try await store.replaceSeats(
                of: date.id, grades: layout.grades, seats: seats, layout: layout.document,
                event: event(.layoutReplaced, of: ID(date.id), at: now))
            precondition(refusal == nil, "a new date has reservations")
        }
    }

    private var theatre: Concert {
        Concert(
            id: ids.next(at: clock.now()), title: LocalizedText(ko: "겨울밤의 자리", en: "A Seat on a Winter Night"),
            artist: LocalizedText(ko: "한밤 앙상블", en: "Hanbam Ensemble"),
            venue: LocalizedText(ko: "한강 예술극장", en: "Hangang Arts Theatre"),
            details: LocalizedText(
                ko: "피아노 한 대와 현악 사중주로 듣는 겨울의 노래들. 휴식 없이 90분.",
                en: "Songs of winter for one piano and a string quartet. Ninety minutes without an interval."),
            status: .published, createdAt: clock.now())
    }

    private var arena: Concert {
        Concert(
            id: ids.next(at: clock.now()), title: LocalizedText(ko: "별자리 투어: 서울", en: "Constellation Tour: Seoul"),
            artist: LocalizedText(ko: "유성우", en: "Yuseongu"),
            venue: LocalizedText(ko: "새벽 아레나", en: "Saebyeok Arena"),
            details: LocalizedText(
                ko: "데뷔 10주년을 맞아 여는 단 한 번의 서울 공연. 전석 지정 좌석.",
                en: "One night in Seoul for the tenth anniversary. Every seat is reserved."),
            status: .published, createdAt: clock.now())
    }

    /// Half past seven in the evening in Seoul, so many days from now.
    private func evening(inDays days: Int, after now: Timestamp) -> Timestamp {
        let dayMs: Int64 = 86_400_000
        let midnightUTC = now.milliseconds / dayMs * dayMs
        return Timestamp(milliseconds: midnightUTC + Int64(days) * dayMs + 10 * 3_600_000 + 30 * 60_000)
    }

    private func event(_ kind: Event.Kind, of subject: ID<Event.Subject>, at now: Timestamp) -> Event {
        Event(
            id: ids.next(at: now), kind: kind, subjectID: subject, version: 1, dateID: nil, userID: nil, amount: .zero,
            seats: [], at: now)
    }
}
