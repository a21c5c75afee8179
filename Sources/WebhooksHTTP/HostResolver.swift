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

/// The system's resolver, on threads of its own: it blocks, for as long as a name server keeps silent.
final class SystemResolver: HostResolver {
    private static let threadCount = 16
    private static let addressesMax = 16
    private static let limitMs: Int64 = 5_000

    private let threads = NIOThreadPool(numberOfThreads: threadCount)

    init() {
        threads.start()
    }

    func addresses(of host: String, port: Int) async throws(HostNotFound) -> [SocketAddress] {
        let result = await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            threads.submit { state in
                // When nobody waits any more, a name server that keeps silent is not asked.
                guard !answer.isGiven else { return }
                answer.give(
                    state == .active
                        ? Self.look(host, port: port) : .failure(HostNotFound(reason: "the program is ending")))
            }
            Task {
                try? await Task.sleep(for: .milliseconds(Self.limitMs))
                answer.give(.failure(HostNotFound(reason: "its name server does not answer")))
            }
        }
        return try result.get()
    }

    func close() async {
        // What cannot be shut down is shut down already.
        try? await threads.shutdownGracefully()
    }

    /// Goes on with the first answer; later ones are dropped.
    private final class FirstAnswer: Sendable {
        typealias Answer = Result<[SocketAddress], HostNotFound>
        private let waiting: Mutex<CheckedContinuation<Answer, Never>?>

        init(_ continuation: CheckedContinuation<Answer, Never>) {
            waiting = Mutex(continuation)
        }

        var isGiven: Bool { waiting.withLock { $0 == nil } }

        func give(_ answer: Answer) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(returning: answer)
        }
    }

    private static func look(_ host: String, port: Int) -> Result<[SocketAddress], HostNotFound> {
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
