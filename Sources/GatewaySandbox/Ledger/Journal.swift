internal import NIOPosix
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The ledger's file: a line a change, only ever appended to. What is synced survives the end of the machine.
///
/// Requests that come at once share one write and one sync.
final class Journal: Sendable {
    /// Why a file cannot be the journal.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var waiting: [UInt8] = []
        var waiters: [CheckedContinuation<Void, any Error>] = []
        var isWriting = false
        var isBroken = false
    }

    private let path: String
    private let file: CInt
    private let state = Mutex(State())

    private init(path: String, file: CInt) {
        self.path = path
        self.file = file
    }

    deinit {
        close(file)
    }

    /// Opens the file, makes it if there is none, and gives every whole line to `replay`. A last line without its end
    /// was being written when the program was killed; nobody was answered for it, and it is cut off.
    ///
    /// - Parameter replay: False for a line that is not understood.
    static func open(path: String, replay: (ArraySlice<UInt8>) -> Bool) throws(Failure) -> Journal {
        let file = opened(path)
        guard file >= 0 else { throw failure("cannot be opened", path) }
        let journal = Journal(path: path, file: file)
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { throw failure("is in use by another sandbox", path) }
        let bytes = try read(file, path)
        var start = 0
        var number = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            guard replay(bytes[start..<end]) else {
                throw Failure(description: "line \(number) of the sandbox's ledger \(path) is not understood")
            }
            start = end + 1
        }
        if start < bytes.count {
            guard ftruncate(file, off_t(start)) == 0, fsync(file) == 0 else { throw failure("cannot be mended", path) }
        }
        return journal
    }

    /// Lets another have the file. Nothing is written from here on.
    func release() {
        state.withLock { $0.isBroken = true }
        flock(file, LOCK_UN)
    }

    /// Lines are written in the order of these calls.
    func append(_ line: [UInt8]) {
        state.withLock { $0.waiting += line }
    }

    /// Waits until all that has been appended is on the disk.
    func synced() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let next: Next = state.withLock { state in
                if state.isBroken { return .fail }
                if !state.isWriting && state.waiting.isEmpty { return .go }
                state.waiters.append(continuation)
                defer { state.isWriting = true }
                return state.isWriting ? .wait : .write
            }
            switch next {
            case .go: continuation.resume()
            case .fail: continuation.resume(throwing: Self.failure("could not be written", path))
            case .wait: break
            // The thread pool's, since a disk may take long and handlers share their threads.
            case .write: NIOThreadPool.singleton.submit { _ in self.write() }
            }
        }
    }

    private enum Next {
        case go, fail, wait, write
    }

    private func write() {
        while true {
            let taken = state.withLock { state -> ([UInt8], [CheckedContinuation<Void, any Error>])? in
                guard !state.waiters.isEmpty else {
                    // Lines for which nobody waits yet stay: whoever appended them is about to.
                    state.isWriting = false
                    return nil
                }
                defer {
                    state.waiting = []
                    state.waiters = []
                }
                return (state.waiting, state.waiters)
            }
            guard let (bytes, waiters) = taken else { return }
            do {
                try save(bytes)
                for waiter in waiters { waiter.resume() }
            } catch {
                // What is in memory is no longer what is on the disk: no more answers.
                let more = state.withLock { state in
                    state.isBroken = true
                    defer { state.waiters = [] }
                    return state.waiters
                }
                for waiter in waiters + more { waiter.resume(throwing: error) }
                return
            }
        }
    }

    private func save(_ bytes: [UInt8]) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(file, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("could not be written", path) }
            rest = rest.dropFirst(count)
        }
        guard bytes.isEmpty || fsync(file) == 0 else { throw Self.failure("could not be synced", path) }
    }

    private static func read(_ file: CInt, _ path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = chunk.withUnsafeMutableBytes { readBytes(file, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot be read", path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure(description: "the sandbox's ledger \(path) \(what): \(String(cString: strerror(errno)))")
    }
}

private func opened(_ path: String) -> CInt {
    open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
}

private func readBytes(_ file: CInt, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(file, buffer.baseAddress, buffer.count)
}

private func writeBytes(_ file: CInt, _ buffer: UnsafeRawBufferPointer) -> Int {
    write(file, buffer.baseAddress, buffer.count)
}
