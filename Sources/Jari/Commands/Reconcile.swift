internal import ArgumentParser
internal import CoordinationInProcess
internal import Domain
internal import Engine
internal import Foundation
internal import Ports

/// `jari reconcile`.
struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the gateway's ledger with ours, payment by payment. / 결제사 장부와 대조합니다.",
        discussion: """
            Changes nothing, and may run while Jari sells: what is under way at that moment can show as a difference. \
            Exits with 2 when there is one.
            """)

    @Option(help: "Compare from this moment on (RFC 3339); by itself everything.")
    var from: String?

    func run() async throws {
        try await Complaint.orExit {
            guard let start = from.map({ Timestamp($0) }) ?? Timestamp(milliseconds: 0) else {
                throw StartError("--from must be a moment such as 2026-11-25T00:00:00Z.")
            }
            let settings = try await Settings.load()
            let (clock, logger) = (SystemClock(), settings.logger())
            let opened = try await settings.openStoreForReading(clock: clock, logger: logger)
            let gateway = try await Gateway.open(settings, isServing: false, clock: clock, logger: logger)
            let ledgers = LedgerReader(store: opened.store, gateway: gateway.toss)
            let result = await Self.compared(ledgers, from: start, until: clock.now().adding(seconds: 1))
            await gateway.close()
            let comparison: LedgerComparison
            do throws(Fault) {
                comparison = try result.get()
                try await opened.close()
            } catch {
                throw StartError(error)
            }
            for difference in comparison.differences {
                let payment = difference.paymentID.map { "\($0)" } ?? difference.paymentKey
                print(
                    "\(difference.kind.rawValue)  \(payment)  ours \(difference.ours), the gateway's \(difference.gateways)"
                )
            }
            if comparison.differenceCount > comparison.differences.count {
                print("… and \(comparison.differenceCount - comparison.differences.count) more")
            }
            print("compared \(comparison.paymentCount) card payments: \(comparison.differenceCount) differences")
            flushOutput()
            if comparison.differenceCount > 0 { throw ExitCode(2) }
        }
    }

    private static func compared(
        _ ledgers: LedgerReader, from: Timestamp, until: Timestamp
    ) async -> Result<LedgerComparison, Fault> {
        do throws(Fault) {
            guard let comparison = try await ledgers.compare(from: from, until: until) else {
                preconditionFailure("a comparison that nobody stopped")
            }
            return .success(comparison)
        } catch {
            return .failure(error)
        }
    }
}
