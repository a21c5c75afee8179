#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Wakes a thread that sleeps in `poll`: a pipe, so that it can wait for its socket at the same time.
final class Doorbell: Sendable {
    private let readEnd: CInt
    private let writeEnd: CInt

    init() {
        var ends: (CInt, CInt) = (-1, -1)
        let code = withUnsafeMutableBytes(of: &ends) { buffer -> CInt in
            guard let base = buffer.baseAddress else { return -1 }
            return pipe(base.assumingMemoryBound(to: CInt.self))
        }
        precondition(code == 0, "no descriptors are left for a pipe")
        (readEnd, writeEnd) = ends
        for end in [readEnd, writeEnd] {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the sleep of the thread, or its next one at once.
    func ring() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Sleeps until rung, until `socket` has something to read, or for `limitMs`.
    ///
    /// - Parameter socket: -1 for none.
    /// - Returns: Whether the socket has something to read.
    func sleep(watching socket: CInt = -1, limitMs: Int) -> Bool {
        var descriptors = [
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, CInt(limitMs)) > 0 else { return false }
        if descriptors[0].revents != 0 {
            var bytes: (UInt64, UInt64) = (0, 0)
            while read(readEnd, &bytes, 16) == 16 {}
        }
        return descriptors[1].revents != 0
    }
}
