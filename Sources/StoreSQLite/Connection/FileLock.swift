#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An exclusive lock on a file beside the database, held as long as this object lives or until `release`.
///
/// It lets one program at a time write. The lock is the kernel's (`flock`), so a program that was killed leaves none
/// behind; the file itself stays, since deleting a lock file is a race.
final class FileLock: @unchecked Sendable {
    enum Failure: Error {
        /// Somebody holds it; the process id that it wrote, if it can be read.
        case held(by: Int?)
        /// The file cannot be made or opened: the error number.
        case cannotOpen(CInt)
    }

    private let descriptor: CInt

    init(path: String) throws(Failure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotOpen(errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.readHolder(descriptor)
            close(descriptor)
            throw .held(by: holder)
        }
        self.descriptor = descriptor
        writeHolder()
    }

    deinit {
        close(descriptor)
    }

    /// Lets another program have it. What this object does afterwards is nothing.
    func release() {
        flock(descriptor, LOCK_UN)
    }

    /// The id is told to whoever finds the lock taken. That it cannot be written (a full disk) harms nothing.
    private func writeHolder() {
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    private static func readHolder(_ descriptor: CInt) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let digits = buffer[..<count].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
