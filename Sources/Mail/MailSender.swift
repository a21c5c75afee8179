public import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle

/// Writes and sends the mails that wait, a few at a time, and tries again what could not be sent.
///
/// A mail is noted as sent right after the server took it. A program that ends in between sends that one again after
/// ``takenSeconds``, with the same Message-ID.
public final class MailSender: Service {
    private static let intervalMs = 1_000
    /// How long it waits when no mail is taken.
    private static let awayMs = 5_000
    private static let batchSize = 10
    private static let leaseSeconds = 30
    /// Mails that were taken are this process's for so long, and again as often as needed while any of them is on its way.
    static let takenSeconds = 300
    /// Shorter than the lease, which is kept at the same time.
    private static let keptIntervalMs = 10_000
    private static let countedIntervalMs = 5_000
    private static let forgetIntervalSeconds = 60
    private static let forgetSize = 500
    private static let forgetRoundsMax = 20
    private static let reasonLengthMax = 500
    private static let noteAttemptsMax = 20

    private let settings: MailSettings
    private let store: any MailStore
    private let reader: LetterReader
    private let leases: any Leases
    private let clock: any WallClock
    private let logger: Logger
    private let postbox: any Postbox
    private let sent = Counter(label: "jari_mails_sent_total")
    private let failed = Counter(label: "jari_mails_failed_total")
    private let postponed = Counter(label: "jari_mails_postponed_total")
    private let waiting = Gauge(label: "jari_mails_waiting")
    private let keptIntervalMs: Int

    /// - Parameter qrText: What stands in a ticket's QR code.
    public convenience init(
        settings: MailSettings, mails: any MailStore, sales: any SalesReader & CatalogStore & AccountStore,
        qrText: @escaping @Sendable (Ticket) -> String, leases: any Leases, clock: any WallClock, logger: Logger
    ) {
        self.init(
            settings: settings, mails: mails, sales: sales, qrText: qrText, leases: leases, clock: clock,
            keptIntervalMs: Self.keptIntervalMs, logger: logger)
    }

    /// - Parameter keptIntervalMs: How often it says that it still has the mails that it took, and the lease.
    init(
        settings: MailSettings, mails: any MailStore, sales: any SalesReader & CatalogStore & AccountStore,
        qrText: @escaping @Sendable (Ticket) -> String, leases: any Leases, clock: any WallClock, keptIntervalMs: Int,
        logger: Logger
    ) {
        self.settings = settings
        self.keptIntervalMs = keptIntervalMs
        store = mails
        reader = LetterReader(store: sales, qrText: qrText)
        self.leases = leases
        self.clock = clock
        self.logger = logger
        postbox =
            switch settings.destination {
            case .folder(let folder): FolderPostbox(folder: folder)
            case .server(let server): SMTPPostbox(server: server)
            }
    }

    /// Runs until the graceful shutdown: the mail that is being sent is finished, the others that were taken are given
    /// back. When cancelled it does not wait for the mail that is being sent.
    public func run() async throws {
        // Beside the sending: a mail may take minutes.
        async let _ = countWaiting()
        await sendUntilStopped()
        // Left here, it is cancelled and waited for.
    }

    private func countWaiting() async {
        while !Task.isCancelled {
            do throws(Fault) {
                waiting.record(try await store.waitingMailCount())
            } catch {
                logger.warning("the mails that wait could not be counted", metadata: ["fault": "\(error)"])
            }
            do { try await Task.sleep(for: .milliseconds(Self.countedIntervalMs)) } catch { return }
        }
    }

    private func sendUntilStopped() async {
        var forgetAt = clock.now()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            var isAway = false
            if await isOurs() {
                do throws(Fault) {
                    isAway = try await sendDue()
                    let now = clock.now()
                    if now >= forgetAt {
                        try await forget()
                        forgetAt = now.adding(seconds: Self.forgetIntervalSeconds)
                    }
                } catch {
                    await postbox.rest()
                    logger.warning("mails could not be sent, trying again", metadata: ["fault": "\(error)"])
                }
            }
            let pauseMs = isAway ? Self.awayMs : Self.intervalMs
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(pauseMs)) }
        }
    }

    /// Saves the others from looking. That no two send the same mail is what taking mails is for.
    private func isOurs() async -> Bool {
        let now = clock.now()
        return await leases.hold("mail", until: now.adding(seconds: Self.leaseSeconds), now: now)
    }

    /// Sends a batch after the other for as long as there are any and this process may.
    ///
    /// - Returns: Whether it stopped because no mail is taken now.
    func sendDue() async throws(Fault) -> Bool {
        var isAway = false
        while true {
            let claim = MailClaim(since: clock.now(), intervalMs: keptIntervalMs)
            let mails = try await store.takeDueMails(limit: Self.batchSize, forSeconds: Self.takenSeconds)
            guard !mails.isEmpty else { break }
            isAway = try await send(mails, claim)
            if isAway || Task.isShuttingDownGracefully || Task.isCancelled { break }
            guard await isOurs() else { break }
        }
        await postbox.rest()
        return isAway
    }

    private func send(_ mails: [WaitingMail], _ claim: MailClaim) async throws(Fault) -> Bool {
        var batch = Batch(claim: claim, untried: mails[...])
        while let mail = batch.untried.first, !Task.isShuttingDownGracefully, !Task.isCancelled {
            guard claim.age(at: clock.now()) < Int64(Self.takenSeconds) * 1000 / 2 else {
                // They may be another's any moment: nothing is said of them any more.
                logger.warning("mails are left to who takes them next: the store could not be told of them in time")
                return batch.away != nil
            }
            if claim.isDue { await renew(claim, of: batch.events) }
            guard !claim.isLeaseLost else { break }
            try await send(mail, of: &batch)
            batch.untried.removeFirst()
        }
        try await store.giveBackMails(of: batch.events)
        return batch.away != nil
    }

    /// Mails that were taken together and have not come to their end.
    private struct Batch {
        let claim: MailClaim
        var untried: ArraySlice<WaitingMail>
        /// Why no mail is taken now.
        var away: String?

        var events: [EventID] { untried.map(\.event.id) }
    }

    private func send(_ mail: WaitingMail, of batch: inout Batch) async throws(Fault) {
        // Where one finds the door closed, the others of the batch need not knock.
        if let away = batch.away { return try await postpone(mail, reason: away) }
        switch try await receipt(for: mail, of: batch) {
        case .taken: try await noteSent(mail)
        case .refused(let reason): try await giveUp(mail, reason: reason)
        case .postponed(let reason): try await postpone(mail, reason: reason)
        case .away(let reason):
            logger.warning("no mail can be sent now, trying again", metadata: ["reason": "\(reason)"])
            batch.away = reason
            try await postpone(mail, reason: reason)
        case .interrupted: try await postpone(mail, reason: "the program ended before the server answered")
        }
    }

    private func receipt(for mail: WaitingMail, of batch: Batch) async throws(Fault) -> Receipt {
        // Until it is known what becomes of the mail: a word that came after it was postponed would put it off for longer.
        async let _ = keep(batch.events, batch.claim)
        let letter: Result<Letter, LetterReader.Nothing>
        do throws(Fault) {
            letter = try await reader.letter(mail.event)
        } catch {
            guard case .broken = error.code else { throw error }
            // It holds up no other. Somebody may mend what is stored while it waits.
            logger.error(
                "a mail cannot be written", metadata: ["event": "\(mail.event.id)", "fault": "\(error)"])
            return .postponed(reason: "\(error)")
        }
        switch letter {
        case .success(let letter): return await postbox.take(letter.message(settings, now: clock.now()))
        case .failure(let nothing): return .refused(reason: nothing.reason)
        }
    }

    /// Says again and again, until it is cancelled, that this process still has these mails. When it is time for that goes
    /// by the batch, of which one mail may be as quick as the other.
    private func keep(_ events: [EventID], _ claim: MailClaim) async {
        while true {
            do { try await Task.sleep(until: claim.renewAt, clock: .continuous) } catch { return }
            await renew(claim, of: events)
        }
    }

    /// Keeps the mails, and the lease. Where another has that meanwhile, the mail that is on its way is the last.
    private func renew(_ claim: MailClaim, of events: [EventID]) async {
        if await !isOurs() { claim.loseLease() }
        let now = clock.now()
        do throws(Fault) {
            try await store.keepMails(of: events, forSeconds: Self.takenSeconds)
            claim.renewed(at: now)
        } catch {
            logger.warning("mails may be sent by others too", metadata: ["fault": "\(error)"])
            claim.renewed(at: nil)
        }
    }

    /// Before the next one is sent, so that of a process that ends at most one comes twice. A store that is away is asked
    /// again, since what is not noted is sent twice.
    private func noteSent(_ mail: WaitingMail) async throws(Fault) {
        sent.increment()
        for _ in 1..<Self.noteAttemptsMax {
            do throws(Fault) {
                return try await store.endMails(of: [mail.event.id], .sent)
            } catch {
                logger.warning("a mail could not be noted as sent, trying again", metadata: ["fault": "\(error)"])
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
        }
        try await store.endMails(of: [mail.event.id], .sent)
    }

    private func postpone(_ mail: WaitingMail, reason: String) async throws(Fault) {
        let age = mail.event.ageSeconds(at: clock.now())
        guard let seconds = MailSchedule.delaySeconds(after: mail.attempt, ageSeconds: age) else {
            return try await giveUp(mail, reason: reason)
        }
        try await store.postponeMail(
            of: mail.event.id, bySeconds: seconds, reason: String(reason.prefix(Self.reasonLengthMax)))
        postponed.increment()
    }

    /// The reason is for the store only: servers like to repeat the address in it.
    private func giveUp(_ mail: WaitingMail, reason: String) async throws(Fault) {
        try await store.endMails(of: [mail.event.id], .failed(reason: String(reason.prefix(Self.reasonLengthMax))))
        failed.increment()
        logger.warning(
            "a mail was given up", metadata: ["event": "\(mail.event.id)", "attempts": "\(mail.attempt)"])
    }

    private func forget() async throws(Fault) {
        for _ in 0..<Self.forgetRoundsMax {
            let count = try await store.forgetMails(
                olderThanSeconds: SpooledMails.keptSeconds, limit: Self.forgetSize)
            guard count == Self.forgetSize else { return }
        }
    }
}
