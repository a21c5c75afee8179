internal import GRDB
internal import Ports

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension Fault {
    /// What an error of SQLite means to whoever asked, in one line that names the file.
    init(_ error: any Error, attempt: String, path: String) {
        if let fault = error as? Fault {
            self = fault
        } else if let error = error as? DatabaseError {
            let (code, reason) = Self.meaning(of: error, path: path)
            self.init(code, attempt: attempt, reason: Self.oneLine(reason))
        } else {
            self.init(.unavailable, attempt: attempt, reason: Self.oneLine("\(error)"))
        }
    }

    private static func meaning(of error: DatabaseError, path: String) -> (Code, String) {
        let words = error.message ?? "no message"
        switch error.resultCode {
        case .SQLITE_CONSTRAINT:
            // An idempotency record that is there already, or a payment that has the gateway's key already: the other
            // request was first.
            let isRaced = words.hasSuffix("answers.scope") || words.hasSuffix("payments.gateway_key")
            return (isRaced ? .conflict : .constraint, words)
        case .SQLITE_BUSY, .SQLITE_LOCKED: return (.unavailable, "\(path) is locked by another program")
        case .SQLITE_NOTADB: return (.broken, "\(path) is not a SQLite database")
        case .SQLITE_CORRUPT: return (.broken, "\(path) is damaged (\(words)); restore a backup")
        // Nothing was written, and the same work can be done as soon as somebody has made room.
        case .SQLITE_FULL: return (.unavailable, "the disk of \(path) is full")
        case .SQLITE_READONLY: return (.broken, "\(path) cannot be written: check its owner and permissions")
        case .SQLITE_IOERR: return (.broken, "the disk of \(path) failed (\(words))")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: return (.broken, cannotOpen(path, words: words))
        default: return (.unavailable, "\(words) (SQLite error \(error.extendedResultCode.rawValue))")
        }
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Why a file cannot be opened, found out by looking: SQLite itself only says that it could not.
    private static func cannotOpen(_ path: String, words: String) -> String {
        if let reason = reasonNotToOpen(path) { return reason }
        return "\(path) cannot be opened (\(words)); check its owner and permissions"
    }

    /// Nil when nothing speaks against opening or making the file.
    static func reasonNotToOpen(_ path: String) -> String? {
        let folder = folder(of: path)
        switch kind(of: path) {
        case S_IFREG: return access(path, R_OK) == 0 ? nil : "\(path) cannot be read: check its owner and permissions"
        case S_IFDIR: return "\(path) is a folder, not a database file"
        case .some: return "\(path) is not a regular file"
        case nil: break
        }
        switch kind(of: folder) {
        case S_IFDIR: return nil
        case .some: return "\(folder) is not a folder"
        case nil: return "the folder \(folder) does not exist"
        }
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The system's own words for an error number.
    static func systemMessage(_ number: CInt) -> String { String(cString: strerror(number)) }
}
