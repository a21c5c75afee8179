import HTTPTypes
import Logging
import Testing

@testable import HTTPAPI

@Suite("Endpoints that have every path below theirs")
struct SubtreeTests {
    private func endpoint(_ path: String, coversSubtree: Bool) -> Endpoint {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return Endpoint(method: .get, path: path, coversSubtree: coversSubtree, logger: logger) { _, _ in
            throw Problem.notFound
        }
    }

    @Test("They match whole parts of a path only")
    func matches() {
        let staff = endpoint("/staff", coversSubtree: true)
        for path in ["/staff", "/staff/", "/staff/a", "/staff/a/b/c"] { #expect(staff.matches(path), "\(path)") }
        for path in ["/", "/staffx", "/staffx/a", "/a/staff", ""] { #expect(!staff.matches(path), "\(path)") }
        #expect(!endpoint("/staff", coversSubtree: false).matches("/staff/a"))
    }
}
