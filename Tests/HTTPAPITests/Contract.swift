import Foundation

/// openapi.yml, read by its indentation: enough to know its calls.
enum Contract {
    static func text() throws -> String {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: repository.appending(path: "openapi.yml"), encoding: .utf8)
    }

    /// `GET /api/v1/dates/{}`: the names of a path's parameters are the contract's own business.
    static func calls() throws -> Set<String> {
        var calls: Set<String> = []
        var path: String?
        let lines = try text().split(separator: "\n")
        for line in lines.drop(while: { $0 != "paths:" }).dropFirst().prefix(while: {
            $0.hasPrefix(" ") || $0.hasPrefix("#")
        }) {
            if line.hasPrefix("  /"), line.hasSuffix(":") {
                path = withoutNames(line.dropFirst(2).dropLast())
            } else if let path, ["    get:", "    post:", "    put:", "    delete:"].contains(line) {
                calls.insert(line.dropFirst(4).dropLast().uppercased() + " " + path)
            }
        }
        return calls
    }

    static func withoutNames(_ path: some StringProtocol) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "{}" : String($0) }
            .joined(separator: "/")
    }
}
