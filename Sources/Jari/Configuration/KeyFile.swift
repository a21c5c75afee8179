internal import Foundation

/// The secrets that the program makes for itself when none are configured, kept beside the store so that logins and
/// places in queues survive a restart.
struct KeyFile {
    let accessKeys: [[UInt8]]
    let queueKeys: [[UInt8]]

    /// Reads the file, or makes it, readable by its owner only.
    init(beside storePath: String) throws(SettingError) {
        let path = storePath + ".keys"
        if let data = FileManager.default.contents(atPath: path) {
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap {
                [UInt8](hexadecimal: $0)
            }
            guard lines.count == 2, lines.allSatisfy({ $0.count == 32 }) else {
                throw SettingError(lines: ["\(path) is damaged. Remove it; everyone has to log in again then."])
            }
            (accessKeys, queueKeys) = ([lines[0]], [lines[1]])
            return
        }
        let keys = (0..<2).map { _ in (0..<32).map { _ in UInt8.random(in: 0...255) } }
        let text = keys.map { key in key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\n" }.joined()
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard isMade else { throw SettingError(lines: ["\(path) cannot be written."]) }
        (accessKeys, queueKeys) = ([keys[0]], [keys[1]])
    }
}
