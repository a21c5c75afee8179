import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A server of the test's own: it receives webhooks, or answers as Toss might and the sandbox never does.
struct OwnServer {
    let address: String

    struct Asked: Sendable {
        let method: String
        let path: String
        let headers: [String: String]
        let body: String
    }

    static func with(
        _ answer: @escaping @Sendable (Asked) async throws -> Response, _ body: (OwnServer) async throws -> Void
    ) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                let bytes = try await request.body.collect(upTo: 1 << 20)
                let headers = Dictionary(
                    request.headers.map { ($0.name.canonicalName, $0.value) }
                ) { first, _ in first }
                return try await answer(
                    Asked(
                        method: request.method.rawValue, path: request.uri.string, headers: headers,
                        body: String(buffer: bytes)))
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                found.yield(channel.localAddress?.port ?? 0)
                found.finish()
            },
            logger: quiet)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: quiet))
        let serving = Task {
            defer { found.finish() }
            try await group.run()
        }
        var port = 0
        for await number in ports { port = number }
        let result = await Result { try await body(OwnServer(address: "http://127.0.0.1:\(port)")) }
        await group.triggerGracefulShutdown()
        _ = await serving.result
        try result.get()
    }
}

extension Response {
    static func json(_ text: String, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
