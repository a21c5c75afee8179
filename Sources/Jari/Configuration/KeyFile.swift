internal import Foundation

/// The secrets that the program makes for itself when none are configured, kept beside the store so that logins, places
/// in queues and signed tickets survive a restart.
struct KeyFile {
    /// 32 bytes each.
    let keys: [[UInt8]]

    /// Reads the file, or makes it, readable by its owner only. Of processes that start together in one folder one makes
    /// it, and all have the same keys.
    ///
    /// - Parameter loss: What has to be done over when the keys are made anew.
    init(path: String, count: Int, loss: String) throws(SettingError) {
        if !FileManager.default.fileExists(atPath: path) { try Self.make(path, count: count) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingError(lines: ["\(path) cannot be read."])
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap {
            [UInt8](hexadecimal: $0)
        }
        guard lines.count == count, lines.allSatisfy({ $0.count == 32 }) else {
            throw SettingError(lines: ["\(path) is damaged. Remove it; \(loss) then."])
        }
        keys = lines
    }

    /// Written whole under another name first, and then given its name, unless another process was quicker.
    private static func make(_ path: String, count: Int) throws(SettingError) {
        let keys = (0..<count).map { _ in (0..<32).map { _ in UInt8.random(in: 0...255) } }
        let text = keys.map { key in key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\n" }.joined()
        let draft = "\(path).\(ProcessInfo.processInfo.processIdentifier)"
        let files = FileManager.default
        defer { try? files.removeItem(atPath: draft) }
        let isWritten = files.createFile(
            atPath: draft, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw SettingError(lines: ["\(path) cannot be written."]) }
        do {
            try files.linkItem(atPath: draft, toPath: path)
        } catch {
            guard files.fileExists(atPath: path) else { throw SettingError(lines: ["\(path) cannot be written."]) }
        }
    }
}
