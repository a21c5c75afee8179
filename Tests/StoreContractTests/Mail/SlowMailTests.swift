import CoordinationInProcess
import Domain
import Foundation
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Mail

/// Counts how often somebody says that mails are still theirs; all else is the store's.
private final class KeptMails: MailStore {
    private let store: any MailStore
    private let count = Atomic(0)

    init(_ store: any MailStore) {
        self.store = store
    }

    var keptCount: Int { count.load(ordering: .acquiring) }

    func keepMails(of events: [EventID], forSeconds seconds: Int) async throws(Fault) {
        try await store.keepMails(of: events, forSeconds: seconds)
        count.add(1, ordering: .acquiringAndReleasing)
    }

    func spoolMails(of events: [Event], notOlderThanSeconds seconds: Int) async throws(Fault) -> Int {
        try await store.spoolMails(of: events, notOlderThanSeconds: seconds)
    }
    func takeDueMails(limit: Int, forSeconds seconds: Int) async throws(Fault) -> [WaitingMail] {
        try await store.takeDueMails(limit: limit, forSeconds: seconds)
    }
    func postponeMail(of event: EventID, bySeconds seconds: Int, reason: String) async throws(Fault) {
        try await store.postponeMail(of: event, bySeconds: seconds, reason: reason)
    }
    func giveBackMails(of events: [EventID]) async throws(Fault) { try await store.giveBackMails(of: events) }
    func endMails(of events: [EventID], _ end: MailEnd) async throws(Fault) {
        try await store.endMails(of: events, end)
    }
    func waitingMailCount() async throws(Fault) -> Int { try await store.waitingMailCount() }
    func forgetMails(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await store.forgetMails(olderThanSeconds: seconds, limit: limit)
    }
}

@Suite("Mails that take long")
struct SlowMailTests {
    @Test("Nobody else takes a mail that is on its way for longer than mails are taken for", arguments: contracts)
    func kept(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.buy([seats[0]], for: fan, of: date)
            _ = try await world.buy([seats[1]], for: fan, of: date)
            let store = KeptMails(try #require(world.store as? any MailStore))
            let events = try await world.store.undelivered(limit: 1_000)
            try await Mailer(store: store, logger: .quiet).consume(events)
            let folder = try TestFolder.make() + "/mails"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            // Writing into a pipe blocks until somebody reads from it: a folder on a disk that hangs.
            let pipes = events.map { "\(folder)/.\($0.id).\(getpid())" }
            for pipe in pipes { try #require(mkfifo(pipe, 0o600) == 0) }
            let sender = MailSender(
                settings: try MailSettings(address: "file:\(folder)", from: nil, publicURL: nil), mails: store,
                sales: world.store, qrText: { $0.code.description }, leases: InProcessLeases(), clock: world.clock,
                keptIntervalMs: 20, logger: .quiet)
            let sending = Task { try await sender.sendDue() }
            for _ in 0..<4 {
                let before = store.keptCount
                let limit = ContinuousClock.now + .seconds(20)
                while store.keptCount < before + 2, ContinuousClock.now < limit {
                    try await Task.sleep(for: .milliseconds(5))
                }
                world.clock.advance(seconds: MailSender.takenSeconds - 1)
                #expect(try await store.takeDueMails(limit: 10, forSeconds: 1).isEmpty)
            }
            // Into a pipe goes no file for good, so the folder counts as away.
            let reading = Task.detached { pipes.map { open($0, O_RDONLY | O_NONBLOCK) } }
            #expect(try await sending.value == true)
            for file in await reading.value where file >= 0 { close(file) }
            #expect(try await store.waitingMailCount() == 2)
            try TestFolder.remove(folderOf: folder)
        }
    }

    @Test(
        "Nobody else takes one of many mails that are each sent sooner than they are kept again", arguments: contracts)
    func keptTogether(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let other = try await world.user()
            for seat in seats.prefix(4) { _ = try await world.buy([seat], for: fan, of: date) }
            for seat in seats.dropFirst(4).prefix(4) { _ = try await world.buy([seat], for: other, of: date) }
            let store = KeptMails(try #require(world.store as? any MailStore))
            try await Mailer(store: store, logger: .quiet).consume(try await world.store.undelivered(limit: 1_000))
            let count = try await store.waitingMailCount()
            try #require(count >= 6)
            let server = try SlowMailServer(delays: [".": 0.8])
            let sender = MailSender(
                settings: try MailSettings(
                    address: "smtp://127.0.0.1:\(server.port)?tls=never", from: "a@b.c", publicURL: nil),
                mails: store, sales: world.store, qrText: { $0.code.description }, leases: InProcessLeases(),
                clock: world.clock, keptIntervalMs: 1_200, logger: .quiet)
            let sending = Task { try await sender.sendDue() }
            // In all longer than mails are taken for.
            for round in 1...3 {
                let isKept = await eventually(within: .seconds(10)) { store.keptCount >= round }
                try #require(isKept, "they are never kept")
                world.clock.advance(seconds: MailSender.takenSeconds / 2 - 10)
                #expect(try await store.takeDueMails(limit: 10, forSeconds: 1).isEmpty)
                // What the server took is written down before the others have gone.
                let isNoted = try await eventually(within: .seconds(10)) {
                    let waiting = try await store.waitingMailCount()
                    return waiting < count && waiting > 0
                }
                #expect(isNoted)
            }
            #expect(try await sending.value == false)
            #expect(try await store.waitingMailCount() == 0)
            #expect(server.verbs.count { $0 == "." } == count)
            server.close()
        }
    }

    @Test("Who could not say in time that mails are its own sends none of the rest", arguments: contracts)
    func lapsed(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            for seat in seats.prefix(3) { _ = try await world.buy([seat], for: fan, of: date) }
            let store = try #require(world.store as? any MailStore)
            try await Mailer(store: store, logger: .quiet).consume(try await world.store.undelivered(limit: 1_000))
            let count = try await store.waitingMailCount()
            let server = try SlowMailServer(delays: [".": 0.5])
            let sender = MailSender(
                settings: try MailSettings(
                    address: "smtp://127.0.0.1:\(server.port)?tls=never", from: "a@b.c", publicURL: nil),
                mails: store, sales: world.store, qrText: { $0.code.description }, leases: InProcessLeases(),
                clock: world.clock, keptIntervalMs: 60_000, logger: .quiet)
            let sending = Task { try await sender.sendDue() }
            #expect(await eventually { server.verbs.contains(".") })
            world.clock.advance(seconds: MailSender.takenSeconds)
            // The first is still on its way; the others are another's now.
            let taken = try await store.takeDueMails(limit: 10, forSeconds: 1_000)
            #expect(taken.count == count)
            #expect(try await sending.value == false)
            #expect(server.verbs.count { $0 == "." } == 1)
            #expect(try await store.waitingMailCount() == count - 1)
            server.close()
        }
    }
}
