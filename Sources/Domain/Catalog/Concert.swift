/// A production: what fans search for. Its performances are ``ConcertDate``s.
public struct Concert: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        /// Seen by staff only.
        case draft = "DRAFT"
        case published = "PUBLISHED"
        case cancelled = "CANCELLED"
    }

    public let id: ConcertID
    public var title: LocalizedText
    public var artist: LocalizedText
    public var venue: LocalizedText
    public var details: LocalizedText
    public var status: Status
    public let createdAt: Timestamp

    public init(
        id: ConcertID, title: LocalizedText, artist: LocalizedText, venue: LocalizedText, details: LocalizedText,
        status: Status, createdAt: Timestamp
    ) {
        self.id = id
        self.title = title
        self.artist = artist
        self.venue = venue
        self.details = details
        self.status = status
        self.createdAt = createdAt
    }
}

/// A price class of a date, such as VIP, R or S.
public struct Grade: Hashable, Sendable {
    public let name: String
    public let price: Won

    public init(name: String, price: Won) {
        self.name = name
        self.price = price
    }
}

/// One performance of a concert, with its own seats and its own sale.
public struct ConcertDate: Hashable, Sendable {
    public let id: DateID
    public let concertID: ConcertID
    public var startsAt: Timestamp
    public var saleOpensAt: Timestamp
    public var saleClosesAt: Timestamp
    public var isCancelled: Bool
    /// In the order of the layout, dearest first by convention.
    public var grades: [Grade]
    public var queue: QueueSettings
    /// 32 secret bytes that order the fans who come before opening. The SHA-256 is public from the start, the seed
    /// itself from the draw on. It stays as it is, unless a date that has opened is to open again.
    public var drawSeed: [UInt8]
    public let createdAt: Timestamp

    public init(
        id: DateID, concertID: ConcertID, startsAt: Timestamp, saleOpensAt: Timestamp, saleClosesAt: Timestamp,
        isCancelled: Bool = false, grades: [Grade] = [], queue: QueueSettings = .standard, drawSeed: [UInt8],
        createdAt: Timestamp
    ) {
        self.id = id
        self.concertID = concertID
        self.startsAt = startsAt
        self.saleOpensAt = saleOpensAt
        self.saleClosesAt = saleClosesAt
        self.isCancelled = isCancelled
        self.grades = grades
        self.queue = queue
        self.drawSeed = drawSeed
        self.createdAt = createdAt
    }
}

extension ConcertDate {
    public enum Status: String, CaseIterable, Sendable {
        case scheduled = "SCHEDULED"
        case onSale = "ON_SALE"
        case closed = "CLOSED"
        case cancelled = "CANCELLED"
    }

    /// What a fan sees. The sale is open from `saleOpensAt` on and before `saleClosesAt`: both ends to the millisecond.
    public func status(at now: Timestamp) -> Status {
        if isCancelled { return .cancelled }
        if now < saleOpensAt { return .scheduled }
        return now < saleClosesAt ? .onSale : .closed
    }

    /// What deciding a sale needs to know of the date.
    public var sale: Sale {
        Sale(
            dateID: id, opensAt: saleOpensAt, closesAt: saleClosesAt, isCancelled: isCancelled, grades: grades,
            seatsPerFanMax: queue.seatsPerFanMax)
    }
}
