internal import Foundation

/// What glibc's allocator keeps of freed memory. Other systems' allocators have no such calls, and nothing is done there.
enum Memory {
    /// Blocks from this size on are given back as soon as they are freed.
    private static let largeBlockBytes: CInt = 1 << 20
    /// So much may be free at the end of a heap before it is given back.
    private static let spareBytes: CInt = 4 << 20

    /// Keeps the allocator from learning to keep more: after the first password it would hold on to the 19 MiB that
    /// hashing one takes, on every thread that ever did.
    static func boundWhatIsKept() {
        typealias Option = @convention(c) (_ option: CInt, _ value: CInt) -> CInt
        guard let set = function("mallopt", as: Option.self) else { return }
        let (trimThreshold, mapThreshold): (CInt, CInt) = (-1, -3)
        _ = set(mapThreshold, largeBlockBytes)
        _ = set(trimThreshold, spareBytes)
    }

    /// Gives back what only the start needed, such as the layouts of the demo.
    static func giveBackSoon() {
        typealias Trim = @convention(c) (_ keptBytes: Int) -> CInt
        guard let trim = function("malloc_trim", as: Trim.self) else { return }
        Task.detached {
            try? await Task.sleep(for: .milliseconds(500))
            _ = trim(0)
        }
    }

    private static func function<Function>(_ name: String, as _: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: Function.self) }
    }
}
