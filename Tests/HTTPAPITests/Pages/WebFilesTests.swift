import Foundation
import NIOCore
import Testing

@testable import HTTPAPI

@Suite("The files of the pages")
struct WebFilesTests {
    private static let tree: [String: [UInt8]] = [
        "index.html": Array("<script src=\"{{assets}}/Page/fan.js\"></script>".utf8),
        "staff.html": Array("<script src=\"{{assets}}/Page/staff.js\"></script>".utf8),
        "Page/fan.js": Array("export {};".utf8),
    ]

    @Test("A shell names the version of its files")
    func shell() {
        let files = WebFiles(Self.tree)
        #expect(files.version.count == 16)
        #expect(String(buffer: files.fanShell.plain).contains("src=\"/assets/\(files.version)/Page/fan.js\""))
        #expect(String(buffer: files.staffShell.plain).contains("src=\"/assets/\(files.version)/Page/staff.js\""))
    }

    @Test(
        "Any change of the tree is another version",
        arguments: [
            ["Page/fan.js": Array("export { };".utf8)], ["Page/more.js": []], ["index.html": []],
            // The same bytes elsewhere, and a boundary that moved.
            ["Page/fan.j": Array("sexport {};".utf8)],
        ] as [[String: [UInt8]]])
    func version(change: [String: [UInt8]]) {
        #expect(WebFiles(Self.tree).version == WebFiles(Self.tree).version)
        #expect(WebFiles(Self.tree).version != WebFiles(Self.tree.merging(change) { $1 }).version)
        let moved = Self.tree.filter { $0.key != "Page/fan.js" }.merging(["Page/fans.js": Array("export {};".utf8)]) {
            $1
        }
        #expect(WebFiles(Self.tree).version != WebFiles(moved).version)
    }

    @Test("Shells, and what has no type that browsers take, are not given out as files")
    func types() {
        let files = WebFiles(Self.tree.merging(["notes.md": [1], "Page/.hidden": [1], "secrets": [1]]) { $1 })
        #expect(files.file("Page/fan.js")?.type == .javascript)
        for path in ["index.html", "staff.html", "notes.md", "Page/.hidden", "secrets", "../Package.swift", ""] {
            #expect(files.file(path) == nil, "\(path)")
        }
    }

    @Test("A file is kept compressed only where that makes it smaller")
    func compression() throws {
        let long = Array(String(repeating: "seat ", count: 1000).utf8)
        let files = WebFiles(Self.tree.merging(["a.css": long, "b.png": long, "c.css": [1]]) { $1 })
        let compressed = try #require(files.file("a.css")?.compressed)
        #expect(compressed.readableBytes < 200)
        #expect(files.file("b.png")?.compressed == nil)
        #expect(files.file("c.css")?.compressed == nil)
    }

    @Test("Web/ of this repository is read as it lies there")
    func repository() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL
        let files = try await WebFiles(folder: root.appending(path: "Web").path())
        let bytes = try Data(contentsOf: root.appending(path: "Web/Page/api.js"))
        #expect(files.file("Page/api.js").map { Data(buffer: $0.plain) } == bytes)
    }

    @Test("A folder without a shell is refused, and so is one that is not there")
    func missing() async throws {
        let folder = URL.temporaryDirectory.appending(path: "jari-web-\(UUID())")
        await #expect(throws: (any Error).self) { try await WebFiles(folder: folder.path()) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        await #expect(throws: WebFilesError.self) { try await WebFiles(folder: folder.path()) }
    }
}

extension Data {
    fileprivate init(buffer: ByteBuffer) { self.init(buffer.readableBytesView) }
}
