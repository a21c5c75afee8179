import Domain
import Engine
import Ports
import TestSupport

extension SimulatedSale {
    /// Some fans ask for something, or again for what they wait for, and a batch is run of it. Copies of a request
    /// may lie in the same batch, or come long after the answer.
    func runBatch(ofRequests requestCount: Int) async throws(Violation) {
        let asking = Array(fans.indices.shuffled(using: &random).prefix(requestCount))
        for index in asking where fans[index].pending == nil {
            if let wish = try newWish(of: index) { ask(wish, by: index) }
        }
        try await runBatch(of: asking)
    }

    private func ask(_ wish: Wish, by index: Int) {
        fans[index].requestCount += 1
        let number = fans[index].requestCount
        let key = Idempotency(scope: .sample(UInt64(index) + 1, number), requestHash: .sample(number, UInt64(index)))
        fans[index].pending = Request(fan: fans[index].id, key: key, wish: wish)
    }

    /// A fan's hold reaches its deadline, another fan claims the seats, the clock goes back, and the first one pays.
    func snatch() async throws(Violation) {
        let idle = fans.indices.filter { fans[$0].pending == nil }
        guard let owner = random.pick(from: idle.filter { !fans[$0].holds.isEmpty }),
            let rival = random.pick(from: idle.filter { $0 != owner }),
            let id = random.pick(from: fans[owner].holds.keys.sorted()), let hold = fans[owner].holds[id],
            hold.until.milliseconds(since: latest) >= -1_000, try isInside(rival)
        else { return }
        move(by: hold.until.milliseconds(since: clock.now()))
        ask(.hold(hold.seats, seconds: 30), by: rival)
        try await runBatch(of: [rival])
        stepBack()
        guard fans[owner].pending == nil, fans[owner].holds[id] != nil else { return }
        count("snatch")
        ask(.pay(id), by: owner)
        try await runBatch(of: [owner])
    }

    /// Runs the requests that these fans wait for; those who wait for none send a copy of their last one.
    func runBatch(of indices: [Int], mayCrash: Bool = true) async throws(Violation) {
        var requests: [(fan: Int, request: Request)] = []
        for index in indices {
            guard let request = fans[index].pending ?? fans[index].last?.request else { continue }
            requests.append((index, request))
            if random.isLucky(percent: 10) { requests.append((index, request)) }
        }
        guard !requests.isEmpty else { return }
        for (_, request) in requests { trace.add("ask \(request.fan) \(request.wish)") }
        let result = await program.runner.run(requests.map { $0.request.job(on: date) })
        latest = max(latest, clock.now())
        // Some crashes come between the commit and the answers: nobody hears of what was done.
        if mayCrash, random.isLucky(percent: 4) {
            count("crash before the answers")
            crash()
            return
        }
        for (entry, answer) in zip(requests, result.answers) {
            trace.add("answer \(entry.request.fan) \(answer.traced)")
            if requests.count == 1, case .refused(let refusal) = answer {
                try checkTruth(of: refusal, to: entry.request)
            }
            try take(answer, to: entry.request, by: entry.fan)
        }
    }

    // MARK: What fans want

    private func newWish(of index: Int) throws(Violation) -> Wish? {
        let fan = fans[index]
        let holds = fan.holds.keys.sorted()
        let purchases = fan.purchases.keys.sorted()
        switch random.index(weights: [6, 3, 1, 6, 4, 2, 2]) {
        case 0:
            guard try isInside(index) else { return nil }
            return .hold(chosenSeats(), seconds: Int.random(in: 1...30, using: &random))
        case 1:
            guard try isInside(index) else { return nil }
            return .holdBest(candidates: candidates(), seconds: Int.random(in: 1...30, using: &random))
        case 2: return random.pick(from: holds).map { .release($0) }
        case 3: return random.pick(from: holds).map { .pay($0) }
        case 4: return .charge(Int64.random(in: 1...600, using: &random))
        case 5:
            guard let payment = random.pick(from: purchases), let purchase = fan.purchases[payment] else { return nil }
            guard random.isLucky(percent: 60) else { return .refund(payment, nil) }
            let tickets = purchase.tickets.map(\.ticketID).filter { _ in random.isLucky(percent: 50) }
            return tickets.isEmpty ? nil : .refund(payment, tickets)
        default:
            guard let payment = random.pick(from: purchases), let purchase = fan.purchases[payment] else { return nil }
            return random.pick(from: purchase.tickets).map { .checkIn($0) }
        }
    }

    private var seatIDs: [SeatID] { (0..<18).map { .sample(100 + $0) } }

    private func chosenSeats() -> [SeatID] {
        if !hotSeats.isEmpty, random.isLucky(percent: 60) { return hotSeats }
        return Array(seatIDs.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
    }

    /// Runs of seats beside each other, as a map might propose them: it may not know what is taken.
    private func candidates() -> [[SeatID]] {
        let count = Int.random(in: 1...3, using: &random)
        return (0..<3).map { _ in
            let row = Int.random(in: 0..<3, using: &random)
            let first = row * 6 + Int.random(in: 0...(6 - count), using: &random)
            return Array(seatIDs[first..<first + count])
        }
    }

    // MARK: What they are told

    private func take(_ answer: Answer, to request: Request, by index: Int) throws(Violation) {
        switch answer {
        case .done(let encoded, _):
            if let last = fans[index].last, last.request.key == request.key {
                guard last.body == encoded.body else {
                    throw Violation(rule: "answers", details: "\(request) was answered in two ways")
                }
                count("replay")
                return
            }
            fans[index].last = (request, encoded.body)
            fans[index].pending = nil
            guard let receipt = Receipt(encoded) else {
                throw Violation(rule: "answers", details: "\(request) was answered with what nobody can read")
            }
            count(receipt.kind)
            acknowledge(receipt, of: request, to: index)
        case .refused(let refusal):
            guard fans[index].last?.request.key != request.key else {
                throw Violation(rule: "answers", details: "\(request) was done, and then \(refusal)")
            }
            count("refused \(refusal.code)")
            fans[index].pending = nil
            forgetHold(of: request.wish, refusal, by: index)
        case .failed: count("failed")
        case .overloaded: throw Violation(rule: "answers", details: "no queue was there to be full")
        }
    }

    private func acknowledge(_ receipt: Receipt, of request: Request, to index: Int) {
        switch receipt {
        case .held(let id, let seats, let amount, let until):
            fans[index].holds[id] = Fan.Hold(seats: seats, amount: amount, until: until)
        case .released(let id): fans[index].holds[id] = nil
        case .paid(let payment, let reservation, let tickets):
            fans[index].balance -= fans[index].holds[reservation]?.amount.amount ?? 0
            fans[index].holds[reservation] = nil
            fans[index].purchases[payment] = Fan.Purchase(reservation: reservation, tickets: tickets)
        case .charged:
            guard case .charge(let amount) = request.wish else { return }
            fans[index].balance += amount
            fans[index].chargeCount += 1
        case .refunded(let payment, let total, let tickets):
            fans[index].balance += total.amount - (fans[index].purchases[payment]?.refunded ?? 0)
            fans[index].purchases[payment]?.refunded = total.amount
            fans[index].refunded.formUnion(tickets)
        case .checkedIn(let ticket): fans[index].used.insert(ticket)
        // Fans of this sale pay with points, and staff keep no seats back.
        case .expired, .paymentRequested, .captureBegun, .paymentSettled, .refundSettled, .seatsBlocked, .unchanged:
            break
        }
    }

    /// A fan does not ask again for a hold that it was told is over.
    private func forgetHold(of wish: Wish, _ refusal: Refusal, by index: Int) {
        switch (wish, refusal) {
        case (.pay(let id), .holdExpired), (.release(let id), .holdExpired): fans[index].holds[id] = nil
        default: break
        }
    }
}

extension Receipt {
    fileprivate var kind: String {
        switch self {
        case .held: "held"
        case .released: "released"
        case .expired: "expired"
        case .charged: "charged"
        case .paid: "paid"
        case .paymentRequested: "paymentRequested"
        case .captureBegun: "captureBegun"
        case .paymentSettled: "paymentSettled"
        case .refunded: "refunded"
        case .refundSettled: "refundSettled"
        case .checkedIn: "checkedIn"
        case .seatsBlocked: "seatsBlocked"
        case .unchanged: "unchanged"
        }
    }
}

extension Answer {
    fileprivate var traced: String {
        switch self {
        case .done(let encoded, let isReplay): "done \(isReplay) \(String(decoding: encoded.body, as: UTF8.self))"
        case .refused(let refusal): "refused \(refusal)"
        case .failed(let fault): "failed \(fault.code)"
        case .overloaded: "overloaded"
        }
    }
}
