#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The system's random numbers, fetched 256 at a time: a sale needs several for each command, and each fetch is a
/// system call.
public struct PooledRandom: RandomNumberGenerator, Sendable {
    private static let poolSize = 256
    private var pool: [UInt64] = []

    public init() {}

    public mutating func next() -> UInt64 {
        if pool.isEmpty { pool = Self.fetch() }
        return pool.removeLast()
    }

    private static func fetch() -> [UInt64] {
        #if canImport(Glibc) || canImport(Musl)
            return [UInt64](unsafeUninitializedCapacity: poolSize) { buffer, count in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                // getentropy(3) gives up to 256 bytes at a time, whole or not at all.
                for start in stride(from: 0, to: bytes.count, by: 256) {
                    let part = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + 256])
                    guard let address = part.baseAddress, getentropy(address, part.count) == 0 else {
                        preconditionFailure("the system has no random numbers")
                    }
                }
                count = poolSize
            }
        #else
            var system = SystemRandomNumberGenerator()
            return (0..<poolSize).map { _ in system.next() }
        #endif
    }
}
