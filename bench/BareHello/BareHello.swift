import Hummingbird

/// The yardstick H of the benchmark: Hummingbird's own answer to "hello", with nothing of ours around it.
@main
struct BareHello {
    static func main() async throws {
        let router = Router()
        router.get("hello") { _, _ in "hello" }
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8090
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
    }
}
