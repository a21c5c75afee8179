import Domain
import Testing

@Suite("The schedule of webhooks")
struct WebhookScheduleTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func times(spread: Double) -> [Int64] {
        let giveUpAt = start.adding(seconds: WebhookSchedule.patienceSeconds)
        var (now, times) = (start, [Int64]())
        while let next = WebhookSchedule.nextAttempt(
            afterFailure: times.count + 1, at: now, giveUpAt: giveUpAt, spread: spread)
        {
            now = next
            times.append(now.milliseconds(since: start) / 1000)
        }
        return times
    }

    @Test("It is tried after 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, then every 6 h, for three days")
    func schedule() {
        let first = [5, 35, 155, 755, 2_555, 6_155, 13_355, 27_755] as [Int64]
        let rest = (1...10).map { 27_755 + Int64($0) * 21_600 }
        #expect(times(spread: 0.5) == first + rest + [259_200])
    }

    @Test("Jitter moves each try by a fifth at most, and never past the last", arguments: [0, 0.1, 0.9, 1])
    func jitter(spread: Double) {
        let times = times(spread: spread)
        #expect(times.last == 259_200)
        #expect(times[0] >= 4 && times[0] <= 6)
        #expect((17...25).contains(times.count))
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("A failure at the end, or after it, is the last")
    func end() {
        #expect(WebhookSchedule.nextAttempt(afterFailure: 1, at: start, giveUpAt: start, spread: 0) == nil)
        let next = WebhookSchedule.nextAttempt(
            afterFailure: 9, at: start, giveUpAt: start.adding(milliseconds: 1), spread: 1)
        #expect(next == start.adding(milliseconds: 1))
    }

    @Test("The secret before signs for a day after a new one was made, and not at its end")
    func secrets() throws {
        let (old, new) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        let secrets = try #require(WebhookSecrets(current: old).rotated(to: new, at: start))
        let end = start.adding(seconds: WebhookSecrets.overlapSeconds)
        #expect(secrets.signing(at: end.adding(milliseconds: -1)) == [new, old])
        #expect(secrets.signing(at: end) == [new])
    }

    @Test("Every secret has its day, however often there is a new one; while five sign there is no sixth")
    func manySecrets() throws {
        var secrets = WebhookSecrets(current: [0])
        for hour in 1...4 {
            secrets = try #require(secrets.rotated(to: [UInt8(hour)], at: start.adding(seconds: hour * 3600)))
        }
        #expect(secrets.signing(at: start.adding(seconds: 4 * 3600)) == [[4], [3], [2], [1], [0]])
        let end = start.adding(seconds: 25 * 3600)
        #expect(secrets.rotated(to: [5], at: end.adding(milliseconds: -1)) == nil)
        secrets = try #require(secrets.rotated(to: [5], at: end))
        #expect(secrets.signing(at: end) == [[5], [4], [3], [2], [1]])
    }

    @Test("Secrets are kept as bytes and read back")
    func secretBytes() {
        let earlier = (1...4).map { number in
            WebhookSecrets.Earlier(
                [UInt8](repeating: UInt8(number), count: 32), until: start.adding(milliseconds: Int64(number)))
        }
        for count in 0...4 {
            let secrets = WebhookSecrets(current: [9], earlier: Array(earlier.prefix(count)))
            #expect(
                WebhookSecrets(current: [9], previous: secrets.previous, older: secrets.olderBytes ?? []) == secrets)
            #expect(secrets.olderBytes?.count == (count < 2 ? nil : (count - 1) * 40))
        }
    }

    @Test("An endpoint wants the kinds that it names, of its concert")
    func wants() throws {
        let (concert, other) = (ConcertID(high: 1, low: 1), ConcertID(high: 1, low: 2))
        var endpoint = WebhookEndpoint(
            id: ID(high: 0, low: 1), ownerID: ID(high: 0, low: 2), url: try #require(WebhookURL("https://a.example")),
            kinds: [], concertID: nil, details: "", isEnabled: true,
            secrets: WebhookSecrets(current: [UInt8](repeating: 1, count: 32)), createdAt: start)
        let event = Event(
            id: ID(high: 0, low: 3), kind: .reservationPaid, subjectID: ID(high: 0, low: 4), version: 1, dateID: nil,
            userID: nil, amount: .zero, seats: [], at: start)
        #expect(endpoint.wants(event, of: nil) && endpoint.wants(event, of: concert))
        endpoint.concertID = concert
        #expect(!endpoint.wants(event, of: nil) && !endpoint.wants(event, of: other))
        #expect(endpoint.wants(event, of: concert))
        endpoint.kinds = ["a.kind.of.later"]
        #expect(!endpoint.wants(event, of: concert))
        endpoint.kinds.append("reservation.paid")
        #expect(endpoint.wants(event, of: concert))
        endpoint.isEnabled = false
        #expect(!endpoint.wants(event, of: concert))
    }
}
