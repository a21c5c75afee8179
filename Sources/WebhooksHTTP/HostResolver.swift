internal import NIOCore
internal import NIOPosix
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Finds the addresses of a host.
protocol HostResolver: Sendable {
    /// In the order to try them in, each once; none when the host has none. An address as it is written is its own.
    func addresses(of host: String, port: Int) async throws(HostNotFound) -> [SocketAddress]
    func close() async
}

/// Why a host has no address, in the resolver's words.
struct HostNotFound: Error {
    let reason: String
}

/// The system's resolver, on threads of its own: it blocks, for as long as a name server keeps silent, and cannot be told to
/// stop.
///
/// So a look-up has its thread until it ends, whoever still waits for it, and while all threads are taken a further one is
/// refused at once. Whoever asks for a host that is being looked up waits for the same look-up: a name server that keeps
/// silent has one thread, however often it is asked.
final class SystemResolver: HostResolver {
    typealias Answer = Result<[SocketAddress], HostNotFound>

    private static let threadCount = 32
    private static let addressesMax = 16
    private static let limitMs: Int64 = 5_000

    private struct Key: Hashable {
        let host: String
        let port: Int
    }

    private let threads = NIOThreadPool(numberOfThreads: threadCount)
    private let limitMs: Int64
    private let look: @Sendable (_ host: String, _ port: Int) -> Answer
    private let underWay = Mutex<[Key: Lookup]>([:])

    convenience init() {
        self.init(limitMs: Self.limitMs, look: Self.look)
    }

    /// - Parameters:
    ///   - limitMs: For how long an answer is waited for.
    ///   - look: What blocks.
    init(limitMs: Int64, look: @Sendable @escaping (_ host: String, _ port: Int) -> Answer) {
        self.limitMs = limitMs
        self.look = look
        threads.start()
    }

    /// Look-ups that have a thread.
    var underWayCount: Int { underWay.withLock { $0.count } }
    /// Who waits for what comes of them.
    var waitingCount: Int { underWay.withLock { $0.values.map(\.waitingCount).reduce(0, +) } }

    func addresses(of host: String, port: Int) async throws(HostNotFound) -> [SocketAddress] {
        let key = Key(host: host, port: port)
        let found = underWay.withLock { underWay -> (lookup: Lookup, isNew: Bool)? in
            if let same = underWay[key] { return (same, false) }
            guard underWay.count < Self.threadCount else { return nil }
            let lookup = Lookup()
            underWay[key] = lookup
            return (lookup, true)
        }
        guard let found else { throw HostNotFound(reason: "too many hosts are being looked up") }
        if found.isNew { begin(found.lookup, of: key) }
        return try await found.lookup.answer(limitMs: limitMs).get()
    }

    /// Does not wait for what blocks.
    func close() async {
        threads.shutdownGracefully { _ in }
    }

    private func begin(_ lookup: Lookup, of key: Key) {
        threads.submit { [self] state in
            let answer =
                state == .active ? look(key.host, key.port) : .failure(HostNotFound(reason: "the program is ending"))
            underWay.withLock { $0[key] = nil }
            lookup.end(answer)
        }
    }

    /// One look-up, and all who wait for it.
    private final class Lookup: Sendable {
        private struct State {
            var answer: Answer?
            var waiting: [Int: CheckedContinuation<Answer, Never>] = [:]
            var waitedCount = 0
        }

        private let state = Mutex(State())

        func answer(limitMs: Int64) async -> Answer {
            await withCheckedContinuation { continuation in
                let place: Int? = state.withLock { state in
                    guard state.answer == nil else { return nil }
                    state.waitedCount += 1
                    state.waiting[state.waitedCount] = continuation
                    return state.waitedCount
                }
                guard let place else { return continuation.resume(returning: ended) }
                Task {
                    try? await Task.sleep(for: .milliseconds(limitMs))
                    let late = state.withLock { $0.waiting.removeValue(forKey: place) }
                    late?.resume(returning: .failure(HostNotFound(reason: "its name server does not answer")))
                }
            }
        }

        var waitingCount: Int { state.withLock { $0.waiting.count } }

        func end(_ answer: Answer) {
            let waiting = state.withLock { state in
                state.answer = answer
                defer { state.waiting = [:] }
                return state.waiting.values
            }
            for continuation in waiting { continuation.resume(returning: answer) }
        }

        private var ended: Answer {
            guard let answer = state.withLock({ $0.answer }) else {
                preconditionFailure("a look-up that has not ended")
            }
            return answer
        }
    }

    @Sendable private static func look(_ host: String, port: Int) -> Answer {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let first = list else {
            return .failure(HostNotFound(reason: String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next, addresses.count < addressesMax {
            next = entry.pointee.ai_next
            guard let bytes = entry.pointee.ai_addr else { continue }
            switch entry.pointee.ai_family {
            case AF_INET:
                bytes.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            case AF_INET6:
                bytes.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            default: continue
            }
        }
        return .success(addresses)
    }
}

extension SocketAddress {
    /// 4 or 16 bytes, most significant first; none for what is no address of the Internet.
    var internetBytes: [UInt8] {
        guard self.protocol != .unix else { return [] }
        return withSockAddr { pointer, count in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
            // In the system's own form an address lies behind family and port, and in IPv6 the flow, on every system
            // alike.
            return Array(self.protocol == .inet ? bytes[4..<8] : bytes[8..<24])
        }
    }
}
