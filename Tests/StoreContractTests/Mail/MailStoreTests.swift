import Domain
import Ports
import Testing

@Suite("Mails wait in the store until they are sent")
struct MailStoreTests {
    @Test("An event has one mail, however often it comes", arguments: contracts)
    func once(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 3)
            try await mails.spool(of: [events[0], events[1]])
            try await mails.spool(of: [events[1], events[0], events[2], events[2]])
            try await mails.spool(of: [])
            #expect(try await mails.waitingMailCount() == 3)
            let taken = try await mails.takeDueMails(limit: 10, forSeconds: 60)
            #expect(Set(taken) == Set(events.map { WaitingMail(event: $0, attempt: 1) }))
            // Nor when it was sent, or given up.
            try await mails.endMails(of: [events[0].id], .sent)
            try await mails.endMails(of: [events[1].id], .failed(reason: "no such user"))
            try await mails.spool(of: events)
            #expect(try await mails.waitingMailCount() == 1)
        }
    }

    @Test("What is too old by the store's clock makes no mail, and is counted", arguments: contracts)
    func old(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 2)
            let young = Event(
                id: events[1].id, kind: events[1].kind, subjectID: events[1].subjectID, version: events[1].version,
                dateID: nil, userID: nil, amount: .zero, seats: [], at: events[1].at.adding(milliseconds: 1))
            world.clock.set(events[0].at.adding(seconds: 86_400))
            #expect(try await mails.spoolMails(of: [events[0]], notOlderThanSeconds: 86_400) == 1)
            #expect(try await mails.spoolMails(of: [], notOlderThanSeconds: 86_400) == 0)
            #expect(try await mails.waitingMailCount() == 0)
            #expect(try await mails.spoolMails(of: [events[0], young], notOlderThanSeconds: 86_400) == 1)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 60).map(\.event.id) == [young.id])
        }
    }

    @Test("What was taken nobody else takes, until its time is over", arguments: contracts)
    func taken(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 3)
            try await mails.spool(of: [events[0]])
            world.clock.advance(seconds: 1)
            try await mails.spool(of: [events[1], events[2]])
            // The longest waiting first.
            #expect(try await mails.takeDueMails(limit: 1, forSeconds: 60).map(\.event) == [events[0]])
            #expect(Set(try await mails.takeDueMails(limit: 5, forSeconds: 90).map(\.event)) == Set(events[1...]))
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 60).isEmpty)
            world.clock.advance(seconds: 59)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 60).isEmpty)
            world.clock.advance(seconds: 1)
            #expect(
                try await mails.takeDueMails(limit: 5, forSeconds: 60) == [WaitingMail(event: events[0], attempt: 2)])
            try await mails.endMails(of: [events[0].id], .sent)
            world.clock.advance(seconds: 1_000)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 60).count == 2)
        }
    }

    @Test("What is still being sent is kept for longer, what has ended is not", arguments: contracts)
    func kept(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 3)
            try await mails.spool(of: events)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 60).count == 3)
            world.clock.advance(seconds: 59)
            try await mails.endMails(of: [events[2].id], .sent)
            try await mails.keepMails(of: [events[0].id, events[2].id], forSeconds: 60)
            try await mails.keepMails(of: [], forSeconds: 60)
            world.clock.advance(seconds: 59)
            #expect(
                try await mails.takeDueMails(limit: 5, forSeconds: 600) == [WaitingMail(event: events[1], attempt: 2)])
            world.clock.advance(seconds: 1)
            #expect(
                try await mails.takeDueMails(limit: 5, forSeconds: 600) == [WaitingMail(event: events[0], attempt: 2)])
        }
    }

    @Test("A mail that is postponed comes again when it is time; one given back, at once", arguments: contracts)
    func postponed(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 2)
            try await mails.spool(of: events)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 300).count == 2)
            try await mails.postponeMail(of: events[0].id, bySeconds: 15, reason: "4xx")
            try await mails.giveBackMails(of: [events[1].id])
            try await mails.giveBackMails(of: [])
            #expect(
                try await mails.takeDueMails(limit: 5, forSeconds: 300) == [WaitingMail(event: events[1], attempt: 1)])
            world.clock.advance(seconds: 14)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 300).isEmpty)
            world.clock.advance(seconds: 1)
            #expect(
                try await mails.takeDueMails(limit: 5, forSeconds: 300) == [WaitingMail(event: events[0], attempt: 2)])
            // What has ended stays so, whoever is late with other news.
            try await mails.endMails(of: [events[0].id], .sent)
            try await mails.postponeMail(of: events[0].id, bySeconds: 0, reason: "late")
            try await mails.giveBackMails(of: [events[0].id])
            try await mails.endMails(of: [events[0].id], .failed(reason: "late"))
            world.clock.advance(seconds: 300)
            #expect(try await mails.takeDueMails(limit: 5, forSeconds: 1).map(\.event) == [events[1]])
        }
    }

    @Test("Two who look at the same time take each mail once", arguments: contracts)
    func race(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 40)
            try await mails.spool(of: events)
            let taken = try await withThrowingTaskGroup(of: [WaitingMail].self) { group in
                for _ in 0..<8 { group.addTask { try await mails.takeDueMails(limit: 5, forSeconds: 60) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(taken.map(\.event.id)).count == taken.count)
            #expect(taken.allSatisfy { $0.attempt == 1 })
            var rest = taken.count
            while case let more = try await mails.takeDueMails(limit: 5, forSeconds: 60), !more.isEmpty {
                rest += more.count
            }
            #expect(rest == 40)
        }
    }

    @Test("Old mails are forgotten, those that wait are not", arguments: contracts)
    func forget(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (mails, events) = try await world.mails(count: 4)
            try await mails.spool(of: events)
            try await mails.endMails(of: events[..<3].map(\.id), .sent)
            let age = SpooledMails.keptSeconds
            #expect(try await mails.forgetMails(olderThanSeconds: age, limit: 10) == 0)
            world.clock.advance(seconds: age + 1)
            #expect(try await mails.forgetMails(olderThanSeconds: age, limit: 2) == 2)
            #expect(try await mails.forgetMails(olderThanSeconds: age, limit: 2) == 1)
            #expect(try await mails.waitingMailCount() == 1)
        }
    }
}

extension World {
    /// The store as a spool of mails, and events that it knows.
    func mails(count: Int) async throws -> (store: any MailStore, events: [Event]) {
        let mails = try #require(store as? any MailStore)
        let fan = try await user()
        for _ in 0..<count { _ = try await charge(1, to: fan) }
        return (mails, try await store.undelivered(limit: count))
    }
}

extension MailStore {
    /// However old they are.
    func spool(of events: [Event]) async throws {
        #expect(try await spoolMails(of: events, notOlderThanSeconds: 100 * 365 * 86_400) == 0)
    }
}
