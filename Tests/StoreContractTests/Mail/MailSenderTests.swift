import CoordinationInProcess
import Domain
import Foundation
import Logging
import Ports
import ServiceLifecycle
import Testing

@testable import Mail

/// The consumer and the sender over a real store, with a folder as the mail server: one that is down is a folder that
/// cannot be made.
@Suite("Mails are sent once their events were consumed")
struct MailSenderTests {
    /// A folder for mails, with a file in its place as long as it is closed.
    private struct Folder {
        let path: String

        init() throws {
            path = try TestFolder.make() + "/mails"
        }

        func close() throws { try Data().write(to: URL(filePath: path)) }
        func open() throws { try FileManager.default.removeItem(atPath: path) }

        /// The names of the files in it, hidden ones too.
        var files: [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
        }

        func text(_ event: EventID) throws -> String {
            try String(contentsOf: URL(filePath: "\(path)/\(event).eml"), encoding: .utf8)
        }

        func remove() throws { try TestFolder.remove(folderOf: path) }
    }

    private func sender(_ world: World, _ folder: Folder) throws -> MailSender {
        MailSender(
            settings: try MailSettings(address: "file:\(folder.path)", from: nil, publicURL: nil),
            mails: try #require(world.store as? any MailStore), sales: world.store, qrText: { $0.code.description },
            leases: InProcessLeases(), clock: world.clock, logger: .quiet)
    }

    private func consume(_ world: World) async throws -> [Event] {
        let events = try await world.store.undelivered(limit: 1_000)
        let mails = try #require(world.store as? any MailStore)
        try await Mailer(store: mails, logger: .quiet).consume(events)
        return events
    }

    private func isWaiting(_ world: World) async throws -> Int {
        try await #require(world.store as? any MailStore).waitingMailCount()
    }

    @Test("Buying and refunding are told in a mail each, and nothing else is", arguments: contracts)
    func story(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let fan = try await world.user("민지")
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0], seats[1], seats[2]], for: fan, of: date)
            _ = try await world.refund(bought.payment, [bought.tickets[0].id])
            _ = try await world.refund(bought.payment, nil)
            let released = try await world.hold([seats[3]], for: fan, of: date)
            _ = try await world.run(.release(ReleaseHold(userID: fan.id, reservationID: released.id)))
            let events = try await consume(world)
            let told = events.filter {
                [.reservationPaid, .reservationPartlyRefunded, .reservationRefunded].contains($0.kind)
            }
            #expect(told.count == 3)
            #expect(try await sender(world, folder).sendDue() == false)
            #expect(folder.files == told.map { "\($0.id).eml" }.sorted())
            #expect(try await isWaiting(world) == 0)
            let mail = try folder.text(told[0].id)
            #expect(mail.contains("\r\nMessage-ID: <\(told[0].id)@localhost>\r\n"))
            #expect(mail.contains("<\(fan.email)>\r\n"))
            // Events that come again, and another sender, send nothing more.
            _ = try await consume(world)
            try FileManager.default.removeItem(atPath: folder.path)
            #expect(try await sender(world, folder).sendDue() == false)
            #expect(folder.files.isEmpty)
            try folder.remove()
        }
    }

    @Test("What cannot be sent is tried again when it is time", arguments: contracts)
    func backOff(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.buy([seats[0]], for: fan, of: date)
            let paid = try #require(try await consume(world).last)
            try folder.close()
            let sender = try sender(world, folder)
            for (attempt, delay) in [(1, 5), (2, 15), (3, 60)] {
                #expect(try await sender.sendDue() == true, "attempt \(attempt)")
                #expect(try await isWaiting(world) == 1)
                world.clock.advance(seconds: delay - 1)
                #expect(try await sender.sendDue() == false, "attempt \(attempt) is repeated too soon")
                world.clock.advance(seconds: 1)
            }
            try folder.open()
            #expect(try await sender.sendDue() == false)
            #expect(folder.files == ["\(paid.id).eml"])
            try folder.remove()
        }
    }

    @Test("A mail that nobody takes is given up when it is a day old, and not sooner", arguments: contracts)
    func givenUp(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let start = world.clock.now()
            _ = try await world.buy([seats[0]], for: fan, of: date)
            _ = try await consume(world)
            try folder.close()
            let sender = try sender(world, folder)
            // Tries of processes that died with the mail in their hands: they count, and say nothing.
            let mails = try #require(world.store as? any MailStore)
            for _ in 0..<200 {
                #expect(try await mails.takeDueMails(limit: 1, forSeconds: 60).count == 1)
                world.clock.advance(seconds: 60)
            }
            while try await isWaiting(world) == 1, world.clock.now().milliseconds(since: start) < 100_000_000 {
                _ = try await sender.sendDue()
                world.clock.advance(seconds: 100)
            }
            #expect((86_400_000..<87_500_000).contains(world.clock.now().milliseconds(since: start)))
            try folder.open()
            world.clock.advance(seconds: 100_000)
            #expect(try await sender.sendDue() == false)
            #expect(folder.files.isEmpty)
            try folder.remove()
        }
    }

    @Test("A mail that was old when its turn came is tried all the same", arguments: contracts)
    func oldAtFirst(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.buy([seats[0]], for: fan, of: date)
            _ = try await consume(world)
            // Nothing ran for three days, and then the mail server is a little late.
            world.clock.advance(seconds: 3 * 86_400)
            try folder.close()
            let sender = try sender(world, folder)
            #expect(try await sender.sendDue() == true)
            #expect(try await isWaiting(world) == 1)
            try folder.open()
            world.clock.advance(seconds: 5)
            #expect(try await sender.sendDue() == false)
            #expect(folder.files.count == 1)
            try folder.remove()
        }
    }

    @Test("Who turns mail on writes to nobody about what is older than a day", arguments: contracts)
    func oldEvents(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.buy([seats[0]], for: fan, of: date)
            let old = try await world.store.undelivered(limit: 1_000)
            world.clock.advance(seconds: 1)
            _ = try await world.buy([seats[1]], for: fan, of: date)
            // The first purchase is a day old, the second a second younger.
            world.clock.advance(seconds: 86_399)
            let fresh = try await consume(world).filter { !old.contains($0) && $0.kind == .reservationPaid }
            #expect(try await isWaiting(world) == 1)
            #expect(try await sender(world, folder).sendDue() == false)
            #expect(folder.files == fresh.map { "\($0.id).eml" })
            try folder.remove()
        }
    }

    @Test("A mail that cannot be read holds up no other, and goes when it is mended", arguments: contracts)
    func unreadable(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bad = try await world.buy([seats[0]], for: fan, of: date)
            world.clock.advance(seconds: 1)
            _ = try await world.buy([seats[1]], for: fan, of: date)
            _ = try await consume(world)
            let ticket = contract.literal("\(bad.tickets[0].id)")
            try await contract.tamper(
                with: world.store, "UPDATE tickets SET status = 'NONSENSE' WHERE id = \(ticket)")
            let sender = try sender(world, folder)
            #expect(try await sender.sendDue() == false)
            #expect(folder.files.count == 1)
            #expect(try await isWaiting(world) == 1)
            try await contract.tamper(
                with: world.store, "UPDATE tickets SET status = 'VALID' WHERE id = \(ticket)")
            world.clock.advance(seconds: 5)
            #expect(try await sender.sendDue() == false)
            #expect(folder.files.count == 2)
            try folder.remove()
        }
    }

    @Test("An address that none can be sent to is given up at once, and holds up nobody", arguments: contracts)
    func undeliverable(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let id: UserID = world.id()
            let odd = User(id: id, email: "a,b@example.com", name: "odd", role: .fan, createdAt: world.clock.now())
            #expect(try await world.store.create(odd, passwordHash: ""))
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.buy([seats[0]], for: odd, of: date)
            _ = try await world.buy([seats[1]], for: fan, of: date)
            _ = try await consume(world)
            #expect(try await sender(world, folder).sendDue() == false)
            #expect(folder.files.count == 1)
            #expect(try await isWaiting(world) == 0)
            try folder.remove()
        }
    }

    @Test("As a service it sends what comes, and leaves nothing half done when it ends", arguments: contracts)
    func service(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let folder = try Folder()
            let group = ServiceGroup(services: [try sender(world, folder)], logger: .quiet)
            let running = Task { try await group.run() }
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.buy([seats[0]], for: fan, of: date)
            _ = try await consume(world)
            let limit = ContinuousClock.now + .seconds(20)
            while try await isWaiting(world) > 0, ContinuousClock.now < limit {
                try await Task.sleep(for: .milliseconds(20))
            }
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(folder.files.count == 1)
            #expect(folder.files.allSatisfy { !$0.hasPrefix(".") })
            try folder.remove()
        }
    }
}
