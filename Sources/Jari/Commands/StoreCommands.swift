internal import ArgumentParser
internal import CoordinationInProcess
internal import Domain
internal import Engine
internal import Foundation
internal import Ports

/// `jari migrate`.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the store's schema to this version. / 저장소 스키마를 최신으로 올립니다.")

    func run() async throws {
        try await Complaint.orExit {
            let settings = try await Settings.load()
            let opened = try await settings.openStore(clock: SystemClock(), logger: settings.logger())
            do throws(Fault) { try await opened.close() } catch { throw StartError(error) }
            print("The schema of \(settings.storeName) is up to date.")
        }
    }
}

/// `jari seed`.
struct Seed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add the demo concerts to an empty store. / 빈 저장소에 데모 공연을 넣습니다.")

    func run() async throws {
        try await Complaint.orExit {
            let settings = try await Settings.load()
            let clock = SystemClock()
            let opened = try await settings.openStore(clock: clock, logger: settings.logger())
            do throws(Fault) {
                let isAdded = try await DemoConcerts(store: opened.store, ids: IDMint(), clock: clock).add()
                print(isAdded ? "Two demo concerts were added." : "There are concerts already; nothing was added.")
                try await opened.close()
            } catch {
                throw StartError(error)
            }
        }
    }
}

/// `jari audit`.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the store against the rules, also while it sells. / 저장소가 규칙에 맞는지 검사합니다.",
        discussion: "Exits with 2 when a rule is broken.")

    func run() async throws {
        try await Complaint.orExit {
            let settings = try await Settings.load()
            let opened = try await settings.openStoreForReading(clock: SystemClock(), logger: settings.logger())
            let report: AuditReport
            do throws(Fault) {
                report = try await opened.store.audit()
                try await opened.close()
            } catch {
                throw StartError(error)
            }
            for finding in report.findings {
                print("\(finding.invariant)  \(finding.violations == 0 ? "ok      " : "VIOLATED")  \(finding.title)")
                if finding.violations > 0 {
                    print("    \(finding.violations) rows, such as \(finding.examples.joined(separator: ", "))")
                }
            }
            print("looked at " + report.counts.map { "\($0.count) \($0.name)" }.joined(separator: ", "))
            flushOutput()
            if !report.isClean { throw ExitCode(2) }
        }
    }
}

/// `jari config`.
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the settings in force, with secrets hidden. / 적용 중인 설정을 보여 줍니다.")

    func run() async throws {
        try await Complaint.orExit {
            let settings = try await Settings.load()
            for (setting, value, isSet) in settings.values {
                let shown = setting.isSecret && !value.isEmpty ? "(hidden)" : value
                print("\(setting.rawValue)=\(shown)\(isSet ? "" : "   (standard)")")
                print("    \(setting.meaning)")
            }
        }
    }
}
