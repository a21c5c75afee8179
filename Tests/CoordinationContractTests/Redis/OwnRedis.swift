import CoordinationRedis
import Foundation
import Ports
import Synchronization

/// Redis servers that a test starts, stops and kills itself, in a temporary folder.
final class OwnRedis: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let folder: URL
    /// The servers that run, by port.
    private let processes = Mutex<[Int: pid_t]>([:])

    /// Debian's redis-tools carry the server under another name.
    private static let binary = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/usr/bin/redis-check-rdb"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "jari-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        for port in processes.withLock({ Array($0.keys) }) { kill(port) }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Ports that nobody listens on now.
    static func freePorts(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            // Below the ports of outgoing connections, so that none of those takes it; a cluster's bus is 10,000 above.
            for _ in 0..<200 {
                address.sin_port = UInt16.random(in: 12_000...21_999).bigEndian
                let bound = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                if bound == 0 { return Int(UInt16(bigEndian: address.sin_port)) }
            }
            throw Missing(description: "no free port")
        }
    }

    func start(_ port: Int, _ options: String...) throws {
        let own = folder.appending(path: "\(port)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        try run(
            port, as: "redis-server",
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", own.path, "--logfile", "log",
            ] + options)
    }

    func startSentinel(_ port: Int, watching primary: Int) throws {
        let own = folder.appending(path: "\(port)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let file = own.appending(path: "sentinel.conf")
        try """
        port \(port)
        bind 127.0.0.1
        dir \(own.path)
        logfile log
        sentinel monitor jari 127.0.0.1 \(primary) 2
        sentinel down-after-milliseconds jari 500
        sentinel failover-timeout jari 3000
        """.write(to: file, atomically: true, encoding: .utf8)
        try run(port, as: "redis-sentinel", [file.path])
    }

    private func run(_ port: Int, as name: String, _ arguments: [String]) throws {
        guard let binary = Self.binary else { throw Missing(description: "no redis-server: install redis-tools") }
        // The name by which it is called tells it what to be.
        let link = folder.appending(path: name)
        if !FileManager.default.fileExists(atPath: link.path) {
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: URL(filePath: binary))
        }
        let process = Process()
        process.executableURL = link
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        processes.withLock { $0[port] = process.processIdentifier }
    }

    /// A certificate for `localhost` that vouches for itself, and its key.
    func makeCertificate() throws -> (certificate: String, key: String) {
        let (certificate, key) = (folder.appending(path: "tls.pem").path, folder.appending(path: "tls.key").path)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
            certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Missing(description: "openssl made no certificate") }
        return (certificate, key)
    }

    /// Ends a server at once, without a chance to write anything.
    func kill(_ port: Int) {
        guard let process = processes.withLock({ $0.removeValue(forKey: port) }) else { return }
        Foundation.kill(process, SIGKILL)
    }

    /// Stops a server in its tracks, with its connections open; ``thaw(_:)`` lets it go on.
    func freeze(_ port: Int) { signal(port, SIGSTOP) }

    func thaw(_ port: Int) { signal(port, SIGCONT) }

    private func signal(_ port: Int, _ signal: Int32) {
        guard let process = processes.withLock({ $0[port] }) else { return }
        Foundation.kill(process, signal)
    }
}
