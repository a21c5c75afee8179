#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Writes each mail into a folder, as a file that mail programs open. A file is there as a whole or not at all, and a
/// mail that is sent twice is one file.
final class FolderPostbox: Postbox {
    private let folder: String
    private let thread = BlockingThread(named: "mail-files")

    init(folder: String) {
        self.folder = folder
    }

    func take(_ message: Message) async -> Receipt {
        let (id, bytes) = (message.id, message.bytes)
        // Files are written in no time: there is nothing to stop.
        let receipt = await thread.run(stop: {}) { [folder] () -> Receipt in
            // It may be there already; if it cannot be made, opening a file in it says why.
            _ = mkdir(folder, 0o755)
            let draft = "\(folder)/.\(id).\(getpid())"
            guard Self.write(bytes, to: draft) else { return Self.failure("write \(draft)", removing: draft) }
            guard rename(draft, "\(folder)/\(id).eml") == 0 else {
                return Self.failure("rename \(draft)", removing: draft)
            }
            return .taken
        }
        return receipt ?? .interrupted
    }

    func rest() async {}

    private static func write(_ bytes: [UInt8], to path: String) -> Bool {
        // Tickets stand in it.
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        let isSafe = rest.isEmpty && fsync(file) == 0
        let reason = errno
        let isClosed = close(file) == 0
        if !isSafe { errno = reason }
        return isSafe && isClosed
    }

    private static func failure(_ attempt: String, removing draft: String) -> Receipt {
        let reason = String(cString: strerror(errno))
        unlink(draft)
        return .away(reason: "cannot \(attempt): \(reason)")
    }
}

/// The system's call, which the method of the same name hides.
private func systemWrite(_ file: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
