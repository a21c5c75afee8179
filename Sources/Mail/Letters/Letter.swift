internal import Domain
internal import QRCodes

/// All that a mail tells, before it is put into words.
struct Letter: Sendable {
    /// A seat, and what opens a door for it, if its ticket still does.
    struct Seat: Sendable {
        let seat: ReservedSeat
        let pass: Pass?
    }

    /// A ticket as it is shown at the door.
    struct Pass: Sendable {
        let ticketID: TicketID
        /// What stands in the QR code.
        let qr: String
        /// What can be typed instead.
        let code: String
    }

    let occasion: Occasion
    let event: Event
    let fan: Mailbox
    let concert: Concert?
    let startsAt: Timestamp?
    /// What the mail is about: bought or refunded.
    let seats: [Seat]
    /// What is left of the reservation.
    let left: [Seat]

    /// The mail, ready to be sent.
    ///
    /// - Parameter now: When it is sent.
    func message(_ settings: MailSettings, now: Timestamp) -> Message {
        let parts = [part(in: .ko, settings), part(in: .en, settings)]
        let subject = parts.compactMap { $0["subject"] as? String }.joined(separator: " · ")
        let page: [String: Any] = ["subject": subject, "parts": parts]
        let html = Part.text(Frame.html(page), type: "text/html; charset=utf-8")
        let images = passes.enumerated().map { image($1, number: $0) }
        let alternatives = Part(
            type: "multipart/alternative",
            body: .parts([
                .text(Frame.text(page), type: "text/plain; charset=utf-8"),
                images.isEmpty ? html : Part(type: "multipart/related", body: .parts([html] + images)),
            ]))
        var content = alternatives
        if let calendar = calendar(settings) {
            let file = Part(
                type: "text/calendar; charset=utf-8; method=\(calendar.method.rawValue)",
                headers: [("Content-Disposition", "attachment; filename=\"jari.ics\"")],
                body: .bytes(Array(calendar.text.utf8)))
            content = Part(type: "multipart/mixed", body: .parts([alternatives, file]))
        }
        return Message(
            id: event.id.description, from: settings.from, to: fan, subject: subject,
            date: SeoulTime(now).headerText, content: content)
    }

    // MARK: Pictures

    private var passes: [Pass] { occasion == .confirmation ? seats.compactMap(\.pass) : [] }

    private func image(_ pass: Pass, number: Int) -> Part {
        Part(
            type: "image/png",
            headers: [
                ("Content-ID", "<\(contentID(of: pass))>"),
                ("Content-Disposition", "inline; filename=\"ticket-\(number + 1).png\""),
            ], body: .bytes(QRCode(pass.qr).png(pixelsPerModule: 6)))
    }

    private func contentID(of pass: Pass) -> String { "\(pass.ticketID)@jari" }

    // MARK: Words

    private func part(in language: Language, _ settings: MailSettings) -> [String: Any] {
        let words = Words.of(occasion, hasConcert: concert != nil, in: language)
        let values: [String: Any] = [
            "title": String((concert?.title[language] ?? "").prefix(80)), "name": fan.name,
            "amount": event.amount.priceText, "tickets": Words.tickets(seats.count, in: language),
        ]
        var part: [String: Any] = [
            "lang": language.rawValue, "subject": Frame.words(words.subject, values),
            "heading": Frame.words(words.heading, values), "lead": Frame.words(words.lead, values),
            "notes": words.notes, "facts": facts(words, in: language),
        ]
        var lists: [[String: Any]] = []
        // The codes stand once, where the fan looks first.
        for (heading, seats) in [(words.list, seats), (words.left, left)] where !heading.isEmpty && !seats.isEmpty {
            let rows = seats.map { row($0, in: language, showsCode: language == .ko) }
            lists.append(["heading": heading, "seats": rows])
        }
        part["lists"] = lists
        if let url = settings.publicURL, occasion != .moneyReturned {
            part["link"] = url + "/tickets"
            part["linkText"] = language == .ko ? "내 티켓 보기" : "See your tickets"
        }
        return part
    }

    private func facts(_ words: Words, in language: Language) -> [[String: Any]] {
        var facts: [(label: String, value: String)] = []
        if let concert {
            facts.append((FactLabel.concert.text(in: language), concert.title[language]))
            facts.append((FactLabel.artist.text(in: language), concert.artist[language]))
        }
        if let startsAt { facts.append((FactLabel.time.text(in: language), SeoulTime(startsAt).text(in: language))) }
        if let concert { facts.append((FactLabel.venue.text(in: language), concert.venue[language])) }
        facts.append((words.amountLabel, event.amount.priceText))
        if occasion != .moneyReturned {
            facts.append((FactLabel.reservation.text(in: language), event.subjectID.description))
        }
        return facts.map { ["label": $0.label, "value": $0.value] }
    }

    private func row(_ seat: Seat, in language: Language, showsCode: Bool) -> [String: Any] {
        var row: [String: Any] = [
            "place": seat.seat.label.text(in: language), "grade": seat.seat.grade,
            "price": seat.seat.price.priceText,
        ]
        guard occasion == .confirmation else { return row }
        if let pass = seat.pass {
            guard showsCode else { return row }
            row["qr"] = contentID(of: pass)
            row["code"] = pass.code
        } else {
            row["state"] = language == .ko ? "그 뒤에 환불됨" : "refunded since"
        }
        return row
    }

    // MARK: The calendar

    /// None where nothing is known of a performance, or nothing of the reservation is left and a mail about that follows.
    private func calendar(_ settings: MailSettings) -> CalendarFile? {
        guard let concert, let startsAt else { return nil }
        let kept: [Seat]
        switch occasion {
        case .confirmation: kept = seats.filter { $0.pass != nil }
        case .partialRefund: kept = left
        case .refund: kept = []
        case .moneyReturned: return nil
        }
        guard occasion == .refund || !kept.isEmpty else { return nil }
        let places = kept.map { "\($0.seat.label.text(in: .ko)) (\($0.seat.grade))" }
        return CalendarFile(
            method: occasion == .refund ? .cancel : .publish, uid: event.subjectID.description,
            sequence: event.version, madeAt: event.at, startsAt: startsAt, summary: concert.title.both,
            location: concert.venue.both,
            description: ([concert.artist.both] + places).joined(separator: "\n"), organizer: settings.from,
            url: settings.publicURL.map { $0 + "/tickets" })
    }
}

extension LocalizedText {
    /// Both languages, or the one there is.
    fileprivate var both: String { ko.isEmpty || en.isEmpty || ko == en ? self[.ko] : "\(ko) / \(en)" }
}

extension SeatLabel {
    fileprivate func text(in language: Language) -> String {
        switch language {
        case .ko: "\(section) 구역 \(row)열 \(number)번"
        case .en: "Section \(section), row \(row), seat \(number)"
        }
    }
}
