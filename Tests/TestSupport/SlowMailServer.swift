import Foundation
import Synchronization

/// A mail server that takes every mail, after as long as it is told for each command. It has one connection at a time.
public final class SlowMailServer: Sendable {
    public let port: Int
    /// Seconds to wait before an answer, by the verb; `.` is what ends the mail, and nothing else the greeting.
    private let delays: [String: Double]
    private let listener: CInt
    private let said = Mutex<[String]>([])
    private let isClosed = Atomic(false)

    public struct CannotListen: Error {
        public init() {}
    }

    public init(delays: [String: Double] = [:]) throws {
        self.delays = delays
        #if canImport(Glibc)
            listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #else
            listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isListening else { throw CannotListen() }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in serve() }
    }

    /// The verbs of all commands so far, and `.` for each mail that came as a whole.
    public var verbs: [String] { said.withLock { $0 } }

    public func close() {
        isClosed.store(true, ordering: .releasing)
        shutdown(listener, CInt(SHUT_RDWR))
    }

    private func serve() {
        while !isClosed.load(ordering: .acquiring) {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            converse(connection)
            Foundation.close(connection)
        }
        Foundation.close(listener)
    }

    private func converse(_ connection: CInt) {
        var buffer: [UInt8] = []
        var isMail = false
        guard answer("220 slow", to: "", on: connection) else { return }
        while let line = nextLine(on: connection, &buffer) {
            if isMail, line != "." { continue }
            let verb = isMail ? "." : String(line.prefix(4)).uppercased()
            isMail = false
            said.withLock { $0.append(verb) }
            switch verb {
            case "DATA":
                guard answer("354 go on", to: verb, on: connection) else { return }
                isMail = true
            case "QUIT":
                _ = answer("221 bye", to: verb, on: connection)
                return
            default: guard answer("250 OK", to: verb, on: connection) else { return }
            }
        }
    }

    /// In short sleeps, so that the end of a test ends it.
    private func answer(_ text: String, to verb: String, on connection: CInt) -> Bool {
        let until = ContinuousClock.now + .seconds(delays[verb] ?? 0)
        while ContinuousClock.now < until {
            if isClosed.load(ordering: .acquiring) { return false }
            Thread.sleep(forTimeInterval: 0.02)
        }
        let bytes = Array("\(text)\r\n".utf8)
        return send(connection, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count
    }

    private func nextLine(on connection: CInt, _ buffer: inout [UInt8]) -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                return line.hasSuffix("\r") ? String(line.dropLast()) : line
            }
            var part = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection, &part, part.count, 0)
            guard count > 0 else { return nil }
            buffer += part.prefix(count)
        }
    }
}
