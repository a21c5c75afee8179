internal import Domain
internal import Engine
internal import NIOCore
internal import Synchronization

/// The frame of each date's newest seat notice, made by the first listener that writes it and shared by all others: a
/// sale has thousands of listeners, and each notice goes to all of them at nearly the same time.
///
/// It is made in a listener's own task, never where the engine announces a commit.
final class SharedFrames: Sendable {
    private static let dateCountMax = 2_000
    private let newest = Mutex<[DateID: (version: Int64, frame: ByteBuffer)]>([:])

    /// The frame of a notice. One that is older than the newest, for a listener that lags, is made for it alone.
    ///
    /// - Parameter make: Called when no other listener was here before. Two that come at once may both make it.
    func seats(of date: DateID, version: Int64, make: () -> [UInt8]) -> ByteBuffer {
        if let known = newest.withLock({ $0[date] }), known.version == version { return known.frame }
        let frame = ByteBuffer(bytes: make())
        newest.withLock { newest in
            if let known = newest[date], known.version > version { return }
            if newest.count >= Self.dateCountMax { newest.removeAll() }
            newest[date] = (version, frame)
        }
        return frame
    }
}
