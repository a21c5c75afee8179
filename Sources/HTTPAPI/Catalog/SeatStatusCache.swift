internal import CZlib
internal import Domain
internal import Engine
internal import NIOCore
internal import Synchronization

/// The compact status of each date as it goes over the wire, made once for each version of its map.
final class SeatStatusCache: Sendable {
    struct Status: Sendable {
        let version: Int64
        let etag: String
        let body: ByteBuffer
        let isGzip: Bool
    }

    private struct Key: Hashable {
        let date: DateID
        let isGzip: Bool
    }

    private let statuses = Mutex<[Key: Status]>([:])
    private static let dateCountMax = 2_000

    /// The entity tag of a version. It is a strong one, so that of the compressed bytes is another.
    static func etag(_ version: Int64, isGzip: Bool) -> String {
        isGzip ? "\"\(version)-gz\"" : "\"\(version)\""
    }

    func status(of map: SeatMap, gzip: Bool) -> Status {
        let key = Key(date: map.layout.dateID, isGzip: gzip)
        if let known = statuses.withLock({ $0[key] }), known.version == map.version { return known }
        let (version, packed) = map.packedStates()
        let json = JSONWriter.object(capacity: packed.count * 4 / 3 + 64) { json in
            json.field("version", version)
            json.key("states")
            json.value(plain: Base64.encode(packed))
        }
        let compressed = gzip ? Gzip.compress(json) : nil
        let status = Status(
            version: version, etag: Self.etag(version, isGzip: compressed != nil),
            body: ByteBuffer(bytes: compressed ?? json),
            isGzip: compressed != nil)
        statuses.withLock { statuses in
            if statuses.count >= Self.dateCountMax { statuses.removeAll() }
            statuses[key] = status
        }
        return status
    }
}

/// Base 64 with padding (RFC 4648 section 4).
enum Base64 {
    private static let digits = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let second = index + 1 < bytes.count ? bytes[index + 1] : 0
            let third = index + 2 < bytes.count ? bytes[index + 2] : 0
            let bits = Int(bytes[index]) << 16 | Int(second) << 8 | Int(third)
            text.append(digits[bits >> 18])
            text.append(digits[bits >> 12 & 63])
            text.append(index + 1 < bytes.count ? digits[bits >> 6 & 63] : UInt8(ascii: "="))
            text.append(index + 2 < bytes.count ? digits[bits & 63] : UInt8(ascii: "="))
            index += 3
        }
        return text
    }
}

enum Gzip {
    /// The bytes in gzip's format at the fastest level, or nil when zlib will not.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        let gzipWindow: Int32 = 15 + 16
        guard
            deflateInit2_(
                &stream, 1, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        var input = bytes
        let isDone = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
        }
        guard isDone else { return nil }
        output.removeLast(Int(stream.avail_out))
        return output
    }
}
