import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import Ports
import TestSupport
import Testing

@Suite("The sandbox's ledger on the disk")
struct JournalTests {
    private func inFolder(_ body: (_ path: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "jari-sandbox-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let result = await Result { try await body(folder.appending(path: "ledger").path) }
        try FileManager.default.removeItem(at: folder)
        try result.get()
    }

    /// The result of the work, so that one world's findings can be asked for in the next.
    private func with<Found: Sendable>(_ path: String, _ body: (World) async throws -> Found) async throws -> Found {
        var found: [Found] = []
        try await World.with(SandboxSettings(ledgerPath: path)) { found.append(try await body($0)) }
        return try #require(found.first)
    }

    @Test("Payments, refunds and what idempotency keys came to are there after a restart")
    func restart() async throws {
        try await inFolder { path in
            let refund = { (order: CaptureOrder) in
                RefundOrder(id: .sample(1), paymentKey: order.paymentKey, amount: Won(20_000), reason: "부분 환불")
            }
            let (paid, declined, open) = try await with(path) { world in
                let paid = try await world.pay(.sample(1))
                let declined = try await world.pay(.sample(2), card: .stopped)
                let open = try await world.pay(.sample(3))
                _ = await world.gateway.capture(paid)
                _ = await world.gateway.capture(declined)
                #expect(await world.gateway.refund(refund(paid)) == .done)
                return (paid, declined, open)
            }
            _ = try await with(path) { world in
                let totals = try await world.ledger().totals
                #expect(totals.payments == 3 && totals.captured == 50_000 && totals.refunded == 20_000)
                #expect(await world.gateway.capture(paid) == .captured(amount: Won(50_000)))
                #expect(await world.gateway.capture(declined) == .declined(code: "INVALID_STOPPED_CARD"))
                #expect(await world.gateway.refund(refund(paid)) == .done)
                #expect(await world.gateway.capture(open) == .captured(amount: Won(50_000)))
                let after = try await world.ledger().totals
                #expect(after.captured == 100_000 && after.refunded == 20_000 && after.captureCountMax == 1)
            }
        }
    }

    @Test("Whatever was answered is in the file already, so that no kill can lose it")
    func answeredIsWritten() async throws {
        try await inFolder { path in
            _ = try await with(path) { world in
                for number in 1...5 {
                    let order = try await world.pay(.sample(UInt64(number)))
                    #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
                    let text = try String(contentsOfFile: path, encoding: .utf8)
                    let confirmed = text.split(separator: "\n").filter { $0.contains(#""confirmed""#) }
                    #expect(confirmed.count == number && confirmed.last?.contains(order.paymentKey) == true)
                }
            }
        }
    }

    @Test("A last line that was being written is cut off, and the ledger goes on")
    func tornLine() async throws {
        try await inFolder { path in
            let order = try await with(path) { world in
                let order = try await world.pay(.sample(1))
                _ = await world.gateway.capture(order)
                return order
            }
            let whole = try Data(contentsOf: URL(filePath: path))
            // Every length that a crash may leave of the last line: the capture is there or it is not.
            let end = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n")))
            for length in [end + 1, end + 2, end + 30, whole.count - 1, whole.count] {
                try whole.prefix(length).write(to: URL(filePath: path))
                _ = try await with(path) { world in
                    let status = try await world.gateway.payment(key: order.paymentKey)?.status
                    #expect(status == (length == whole.count ? .captured : .open))
                    #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
                    #expect(try await world.ledger().totals.captureCountMax == 1)
                }
                // What was written behind the cut can be read.
                let status = try await with(path) { try await $0.gateway.payment(key: order.paymentKey)?.status }
                #expect(status == .captured)
            }
        }
    }

    @Test(
        "A line in the middle that is not understood stops the start",
        arguments: ["nonsense", #"{"kind":"confirmed","paymentKey":"nobody","at":1,"transactionKey":"t"}"#])
    func broken(line: String) async throws {
        try await inFolder { path in
            try Data("\(line)\n".utf8).write(to: URL(filePath: path))
            let failure = await #expect(throws: SandboxGateway.StartFailure.self) {
                try await SandboxGateway.start(
                    SandboxSettings(ledgerPath: path), client: sharedClient, clock: SimulatedClock(), logger: quiet)
            }
            #expect(failure?.description.contains("line 1") == true)
        }
    }

    @Test("Two sandboxes do not share a ledger")
    func locked() async throws {
        try await inFolder { path in
            _ = try await with(path) { world in
                let failure = await #expect(throws: SandboxGateway.StartFailure.self) {
                    try await SandboxGateway.start(
                        SandboxSettings(ledgerPath: path), client: sharedClient, clock: SimulatedClock(),
                        logger: quiet)
                }
                #expect(failure?.description.contains("in use by another") == true)
            }
        }
    }

    @Test("Captures at once share writes and are all there afterwards")
    func manyAtOnce() async throws {
        try await inFolder { path in
            _ = try await with(path) { world in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            let order = try await world.pay(.sample(UInt64(number)))
                            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let totals = try await with(path) { try await $0.ledger().totals }
            #expect(totals.payments == 100 && totals.captured == 100 * 50_000 && totals.captureCountMax == 1)
        }
    }

    @Test("A taken port is told in words")
    func takenPort() async throws {
        try await World.with { world in
            let failure = await #expect(throws: SandboxGateway.StartFailure.self) {
                try await SandboxGateway.start(
                    SandboxSettings(port: world.sandbox.port), client: sharedClient, clock: SimulatedClock(),
                    logger: quiet)
            }
            #expect(failure?.description.contains("\(world.sandbox.port)") == true)
        }
    }
}
