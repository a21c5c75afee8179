internal import Domain
internal import NIOCore
internal import Synchronization

/// Large documents of dates, made once for each version: everyone who reads one, however slowly, shares its bytes.
final class VersionedDocuments: Sendable {
    private static let dateCountMax = 500
    private let documents = Mutex<[DateID: (version: String, bytes: ByteBuffer)]>([:])

    /// The document of a date at a version, made if it is not at hand.
    func document(of date: DateID, version: String, make: () -> [UInt8]) -> ByteBuffer {
        if let known = documents.withLock({ $0[date] }), known.version == version { return known.bytes }
        let bytes = ByteBuffer(bytes: make())
        documents.withLock { documents in
            if documents.count >= Self.dateCountMax { documents.removeAll() }
            documents[date] = (version, bytes)
        }
        return bytes
    }
}
