internal import Domain
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What is public of a date's draw.
struct PublishedDraw {
    private static let timeoutSeconds: Int64 = 10
    private static let bodyLengthMax = 65_536

    var commitment: String?
    /// Nil before the opening.
    var seed: String?

    init() {}

    /// Asks a server for `GET /dates/{id}/queue`, over plain HTTP.
    init(of date: DateID, at server: String) async throws {
        guard let parts = URLComponents(string: server), let host = parts.host, parts.scheme == "http" else {
            throw StartError(
                "--url must be http://host:port. For https fetch the queue with another program, "
                    + "and give --commitment and --seed.")
        }
        let target = HTTPTarget(host: host, port: parts.port ?? 80, path: "/api/v1/dates/\(date)/queue")
        let (status, body): (UInt, [UInt8])
        do {
            (status, body) = try await Self.get(target)
        } catch {
            throw StartError("\(server) cannot be asked: \(error)")
        }
        guard status == 200 else { throw StartError("\(server) answered \(status) for the queue of \(date).") }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)) else {
            throw StartError("\(server) answered something that is not a queue.")
        }
        commitment = answer.drawCommitment.lowercased()
        seed = answer.drawSeed
    }

    /// The commitment that was given, else the one that the server told.
    func commitment(or given: String?) throws -> String {
        guard let text = given?.lowercased() ?? commitment else { throw StartError("Give --commitment, or --url.") }
        guard text.hexBytes?.count == 32 else { throw StartError("A commitment has 64 hexadecimal digits.") }
        return text
    }

    func seed(or given: String?) throws -> [UInt8] {
        guard let text = given ?? seed else {
            throw StartError(
                commitment == nil
                    ? "Give --seed, or --url." : "The seed has not been shown yet: the sale has not opened.")
        }
        guard let bytes = text.hexBytes, bytes.count == 32 else {
            throw StartError("A seed has 64 hexadecimal digits.")
        }
        return bytes
    }

    private struct Answer: Decodable {
        let drawCommitment: String
        let drawSeed: String?
    }

    // MARK: Asking

    private struct HTTPTarget {
        let host: String
        let port: Int
        let path: String
    }

    private struct Incomplete: Error, CustomStringConvertible {
        var description: String { "the answer did not come, or is too long" }
    }

    private static func get(_ target: HTTPTarget) async throws -> (status: UInt, body: [UInt8]) {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(timeoutSeconds))
            .connect(host: target.host, port: target.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                        wrappingChannelSynchronously: channel)
                }
            }
        let channel = connection.channel
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(timeoutSeconds)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        return try await connection.executeThenClose { inbound, outbound in
            let headers: HTTPHeaders = ["Host": "\(target.host):\(target.port)", "Connection": "close"]
            try await outbound.write(
                .head(HTTPRequestHead(version: .http1_1, method: .GET, uri: target.path, headers: headers)))
            try await outbound.write(.end(nil))
            var status: UInt = 0
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let head): status = head.status.code
                case .body(let bytes):
                    guard body.count + bytes.readableBytes <= bodyLengthMax else { throw Incomplete() }
                    body += bytes.readableBytesView
                case .end: return (status, body)
                }
            }
            throw Incomplete()
        }
    }
}

extension Sequence<UInt8> {
    /// Two hexadecimal digits a byte.
    var hexText: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension String {
    /// The bytes that hexadecimal digits stand for. Nil for any other text.
    fileprivate var hexBytes: [UInt8]? {
        let digits = utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count % 2 == 0, digits.allSatisfy({ $0 != nil }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap { index in
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            return UInt8(high << 4 | low)
        }
    }
}
