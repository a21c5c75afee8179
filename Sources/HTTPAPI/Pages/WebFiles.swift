internal import Crypto
internal import NIOCore
internal import _NIOFileSystem

/// The files of `Web/`, read once and kept in memory: the fan's pages and the staff console.
///
/// All of them together have one name, a hash over paths and contents. It stands in the address of each, so that a
/// browser may keep what it has for ever, and a module that names another relatively gets it from the same version.
public struct WebFiles: Sendable {
    private static let fileBytesMax = 4 * 1024 * 1024
    private static let fileCountMax = 2_000
    /// What a shell is written with in place of the address of the files.
    private static let placeholder = "{{assets}}"

    /// The first 16 hexadecimal digits of the SHA-256 over all files.
    let version: String
    /// By path, such as `Page/api.js`.
    private let files: [String: WebFile]
    let fanShell: WebFile
    let staffShell: WebFile

    /// Reads the folder.
    ///
    /// - Throws: What the file system says, or ``WebFilesError``.
    public init(folder: String) async throws {
        self.init(try await Self.contents(of: folder))
    }

    init(_ contents: [String: [UInt8]]) {
        var hasher = SHA256()
        for (path, bytes) in contents.sorted(by: { $0.key < $1.key }) {
            // Lengths too, so that no two trees read the same.
            hasher.update(data: Array("\(path.utf8.count) \(path) \(bytes.count) ".utf8))
            hasher.update(data: bytes)
        }
        let version = hasher.finalize().prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        func shell(_ name: String) -> WebFile {
            let text = String(decoding: contents[name] ?? [], as: UTF8.self)
            return WebFile(Array(text.replacing(Self.placeholder, with: "/assets/\(version)").utf8), type: .html)
        }
        self.version = version
        fanShell = shell("index.html")
        staffShell = shell("staff.html")
        var files: [String: WebFile] = [:]
        for (path, bytes) in contents {
            guard let type = WebFile.ContentType(path: path), type != .html else { continue }
            files[path] = WebFile(bytes, type: type)
        }
        self.files = files
    }

    func file(_ path: some StringProtocol) -> WebFile? { files[String(path)] }

    private static func contents(of folder: String) async throws -> [String: [UInt8]] {
        let root = FilePath(folder)
        var contents: [String: [UInt8]] = [:]
        try await FileSystem.shared.withDirectoryHandle(atPath: root) { directory in
            for try await entry in directory.listContents(recursive: true) where entry.type == .regular {
                guard contents.count < fileCountMax else { throw WebFilesError.tooMany(folder, max: fileCountMax) }
                let bytes = try await ByteBuffer(
                    contentsOf: entry.path, maximumSizeAllowed: .bytes(Int64(fileBytesMax)))
                let name = entry.path.components.dropFirst(root.components.count).map(\.string).joined(separator: "/")
                contents[name] = Array(buffer: bytes)
            }
        }
        for shell in ["index.html", "staff.html"] where contents[shell] == nil {
            throw WebFilesError.missing("\(folder)/\(shell)")
        }
        return contents
    }
}

/// Why there are no pages to show.
enum WebFilesError: Error, CustomStringConvertible {
    case missing(String)
    case tooMany(String, max: Int)

    var description: String {
        switch self {
        case .missing(let path): "\(path) is missing"
        case .tooMany(let folder, let max): "\(folder) has more than \(max) files"
        }
    }
}

/// One file, as it is and compressed.
struct WebFile: Sendable {
    enum ContentType: String, Sendable {
        case css = "text/css; charset=utf-8"
        case html = "text/html; charset=utf-8"
        case javascript = "text/javascript; charset=utf-8"
        case manifest = "application/manifest+json"
        case png = "image/png"
        case svg = "image/svg+xml"

        /// By the path's ending. Nil for what is not given out, such as notes for whoever writes the pages.
        init?(path: String) {
            switch path.split(separator: ".").last {
            case "css": self = .css
            case "html": self = .html
            case "js": self = .javascript
            case "webmanifest": self = .manifest
            case "png": self = .png
            case "svg": self = .svg
            default: return nil
            }
        }
    }

    let type: ContentType
    let plain: ByteBuffer
    /// Nil where compressing gains nothing.
    let compressed: ByteBuffer?

    init(_ bytes: [UInt8], type: ContentType) {
        self.type = type
        plain = ByteBuffer(bytes: bytes)
        let gzip = type == .png ? nil : Gzip.compress(bytes)
        compressed = gzip.flatMap { $0.count < bytes.count ? ByteBuffer(bytes: $0) : nil }
    }
}
