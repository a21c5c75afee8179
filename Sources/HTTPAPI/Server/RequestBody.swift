internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// How large and how slow a request's body may be.
struct BodyLimit: Sendable {
    let maxBytes: Int
    /// From its first chunk to its last. A slow sender resets the idle time-out with every chunk, but not this.
    let seconds: Int

    static let standard = BodyLimit(maxBytes: 64 * 1024, seconds: 10)
    static let layout = BodyLimit(maxBytes: 8 * 1024 * 1024, seconds: 60)
}

extension Request {
    /// The whole body, which must be JSON.
    func jsonBody(limit: BodyLimit = .standard) async throws -> ByteBuffer {
        let length = headers[.contentLength].flatMap { Int($0) }
        if let length, length > limit.maxBytes { throw Problem.bodyTooLarge(maxBytes: limit.maxBytes) }
        let type = headers[.contentType]
        guard let type, type.isJSON else {
            throw Problem(
                .unsupportedMediaType, ko: "Content-Type: application/json 으로 보내 주세요.",
                en: "Send the body as Content-Type: application/json.")
        }
        let clock = ContinuousClock()
        var deadline: ContinuousClock.Instant?
        var collected = ByteBuffer()
        for try await chunk in body {
            if collected.readableBytes + chunk.readableBytes > limit.maxBytes {
                throw Problem.bodyTooLarge(maxBytes: limit.maxBytes)
            }
            if collected.readableBytes == 0 {
                collected = chunk
                // Most bodies come in one piece: nothing to time then.
                if chunk.readableBytes == length { continue }
                deadline = clock.now + .seconds(limit.seconds)
            } else {
                var chunk = chunk
                collected.writeBuffer(&chunk)
                if let deadline, clock.now > deadline {
                    throw Problem(
                        .requestTimeout, ko: "본문이 너무 느리게 도착했습니다. 다시 보내 주세요.",
                        en: "The body arrived too slowly. Send it again.")
                }
            }
        }
        return collected
    }

    /// Reads a body that is one JSON object.
    func readJSON(
        limit: BodyLimit = .standard, _ field: (String, inout JSONReader) throws(InvalidRequest) -> Void
    ) async throws -> ByteBuffer {
        let body = try await jsonBody(limit: limit)
        try body.readJSON(field)
        return body
    }
}

extension ByteBuffer {
    func readJSON(_ field: (String, inout JSONReader) throws(InvalidRequest) -> Void) throws(Problem) {
        let result = withUnsafeReadableBytes { bytes -> Result<Void, InvalidRequest> in
            do throws(InvalidRequest) {
                return .success(try JSONReader.object(bytes, field))
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let invalid) = result { throw Problem(invalid) }
    }
}

extension String {
    /// `application/json`, with or without parameters.
    fileprivate var isJSON: Bool {
        self == "application/json" || lowercased().prefix { $0 != ";" }.filter { $0 != " " } == "application/json"
    }
}

extension InvalidRequest {
    /// A field that must be there is not.
    static func missing(_ field: String) -> InvalidRequest {
        InvalidRequest(field, ko: "꼭 필요한 필드입니다.", en: "This field is required.")
    }
}

/// The value of a field that must be there.
func required<Value>(_ value: Value?, _ field: String) throws -> Value {
    guard let value else { throw Problem(InvalidRequest.missing(field)) }
    return value
}
