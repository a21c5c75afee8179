#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Threads of the operating system, for what blocks.
enum SystemThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @Sendable @escaping () -> Void) { self.run = run }
    }

    /// Starts a thread that ends when `body` returns. False when the system has none left.
    static func start(_ body: @Sendable @escaping () -> Void) -> Bool {
        let boxed = Unmanaged.passRetained(Body(body))
        let code = create(with: boxed.toOpaque())
        if code != 0 { boxed.release() }
        return code == 0
    }

    private static func create(with box: UnsafeMutableRawPointer) -> CInt {
        let thread = UnsafeMutablePointer<Handle>.allocate(capacity: 1)
        defer { thread.deallocate() }
        let code = pthread_create(thread, nil, enter, box)
        if code == 0 { detach(thread.pointee) }
        return code
    }

    #if canImport(Darwin)
        private typealias Handle = pthread_t?
        private static func detach(_ thread: pthread_t?) { if let thread { pthread_detach(thread) } }
    #else
        private typealias Handle = pthread_t
        private static func detach(_ thread: pthread_t) { pthread_detach(thread) }
    #endif

    fileprivate static func run(_ box: UnsafeMutableRawPointer) {
        Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run()
    }
}

#if canImport(Darwin)
    private func enter(_ box: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        SystemThread.run(box)
        return nil
    }
#else
    private func enter(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let box { SystemThread.run(box) }
        return nil
    }
#endif
