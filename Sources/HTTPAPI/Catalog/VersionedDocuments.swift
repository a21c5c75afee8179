internal import Domain
internal import NIOCore
internal import Synchronization

/// Large documents of dates, made once for each version: everyone who reads one, however slowly, shares its bytes.
final class VersionedDocuments: Sendable {
    private static let dateCountMax = 500
    private let documents = Mutex<[DateID: Document]>([:])

    private struct Document {
        let version: String
        let plain: ByteBuffer
        /// Made when it is first wanted.
        var compressed: ByteBuffer?
    }

    /// The document of a date at a version, made if it is not at hand.
    func document(of date: DateID, version: String, make: () -> [UInt8]) -> ByteBuffer {
        if let known = documents.withLock({ $0[date] }), known.version == version { return known.plain }
        let document = Document(version: version, plain: ByteBuffer(bytes: make()), compressed: nil)
        keep(document, of: date)
        return document.plain
    }

    /// The same as gzip, or nil when zlib will not.
    func compressed(of date: DateID, version: String, make: () -> [UInt8]) -> ByteBuffer? {
        if let known = documents.withLock({ $0[date] }), known.version == version, let compressed = known.compressed {
            return compressed
        }
        let plain = document(of: date, version: version, make: make)
        guard let bytes = Gzip.compress(Array(buffer: plain)) else { return nil }
        let document = Document(version: version, plain: plain, compressed: ByteBuffer(bytes: bytes))
        keep(document, of: date)
        return document.compressed
    }

    private func keep(_ document: Document, of date: DateID) {
        documents.withLock { documents in
            if documents.count >= Self.dateCountMax { documents.removeAll() }
            documents[date] = document
        }
    }
}
