import Foundation
import Ports
import Testing

@testable import StorePostgres

/// PostgreSQL servers that a test starts, stops, promotes and fills itself, in a temporary folder.
final class OwnPostgres {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let folder: URL
    /// The servers that run, by name.
    private var ports: [String: Int] = [:]

    private static let binaries = [
        "/usr/lib/postgresql/15/bin", "/opt/homebrew/opt/postgresql@15/bin", "/usr/pgsql-15/bin",
    ]
    .first { FileManager.default.isExecutableFile(atPath: $0 + "/postgres") }
    static let isRoot = geteuid() == 0

    /// - Parameter name: Of the first server, which is made but not started.
    init(_ name: String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "jari-postgres-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // PostgreSQL refuses to run as root: then it runs as the user that Debian's package made.
        if Self.isRoot { try Self.run("/usr/bin/chown", ["postgres", folder.path]) }
        try asPostgres(
            "initdb", ["-D", data(name), "-U", "jari", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N"])
        try asOwner(
            "/bin/sh",
            ["-c", "printf %s \"$1\" >> \"$2/postgresql.conf\"", "sh", Self.configuration, data(name)])
    }

    private static let configuration = """
        listen_addresses = '127.0.0.1'
        unix_socket_directories = ''
        shared_buffers = 16MB
        min_wal_size = 32MB
        max_wal_size = 64MB
        fsync = off

        """

    deinit {
        for name in Array(ports.keys) { try? stop(name) }
        try? Self.run("/bin/rm", ["-rf", folder.path])
    }

    private func data(_ name: String) -> String { folder.appending(path: name).path }

    func start(_ name: String, port: Int) throws {
        try asPostgres(
            "pg_ctl", ["start", "-s", "-w", "-D", data(name), "-l", data(name) + ".log", "-o", "-p \(port)"])
        ports[name] = port
    }

    /// Ends a server in order; its standbys keep what they have.
    func stop(_ name: String) throws {
        try asPostgres("pg_ctl", ["stop", "-s", "-w", "-m", "fast", "-D", data(name)])
        ports[name] = nil
    }

    /// Copies a server that does not run, as a standby of which `promote` makes a primary.
    func copy(_ name: String, to other: String) throws {
        try asOwner("/bin/cp", ["-a", data(name), data(other)])
        try asOwner("/bin/sh", ["-c", "touch \"$1/standby.signal\"", "sh", data(other)])
    }

    func promote(_ name: String) throws {
        try asPostgres("pg_ctl", ["promote", "-s", "-w", "-D", data(name)])
    }

    func uri(_ port: Int) -> String { "postgres://jari@127.0.0.1:\(port)/postgres" }

    /// Runs statements one by one, each a transaction of its own, and returns the first column of the last as text.
    @discardableResult
    func query(_ port: Int, _ statements: String...) async throws -> [String] {
        let pool = LanePool(
            try Address(uri(port) + "?options=-cdefault_transaction_read_only%3Doff"), role: .migrator, count: 1,
            logger: .quiet)
        let result = await pool.run({ "run \(statements)" }) { db in
            var last: [String] = []
            for statement in statements { last = try db.run(Request(sql: statement)).all { $0.text(0) } }
            return last
        }
        await pool.close()
        return try result.get()
    }

    /// A folder of so many megabytes with nothing else in it, for a tablespace.
    func makeSmallDisk(megabytes: Int) throws -> String {
        let disk = folder.appending(path: "small").path
        try Self.run("/bin/mkdir", [disk])
        try Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", disk])
        try Self.run("/usr/bin/chown", ["postgres", disk])
        return disk
    }

    /// Leaves no room on a small disk.
    func fill(_ disk: String) throws {
        // It fails for want of room, as it should.
        try? Self.run("/bin/dd", ["if=/dev/zero", "of=\(disk)/filler", "bs=4k"])
    }

    func makeRoom(on disk: String) throws { try FileManager.default.removeItem(atPath: disk + "/filler") }

    func removeSmallDisk() throws {
        try Self.run("/bin/umount", ["-l", folder.appending(path: "small").path])
    }

    // MARK: Programs

    private func asPostgres(_ program: String, _ arguments: [String]) throws {
        let binaries = try #require(Self.binaries, "PostgreSQL 15 is not installed: scripts/setup services")
        try asOwner(binaries + "/" + program, arguments)
    }

    private func asOwner(_ program: String, _ arguments: [String]) throws {
        if Self.isRoot {
            try Self.run("/usr/sbin/runuser", ["-u", "postgres", "--", program] + arguments)
        } else {
            try Self.run(program, arguments)
        }
    }

    /// Runs a program to its end, without Foundation's `Process`, which waits for every child of it too: servers stay.
    /// They get none of this process's descriptors either.
    private static func run(_ program: String, _ arguments: [String]) throws {
        let script = """
            for descriptor in /dev/fd/*; do
                [ "${descriptor##*/}" -gt 2 ] && eval "exec ${descriptor##*/}>&-"
            done
            cd / && exec "$@" </dev/null >/dev/null 2>&1
            """
        let words = ["/bin/bash", "-c", script, "bash", program] + arguments
        var copies: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        var child: pid_t = 0
        var status: Int32 = 0
        guard posix_spawn(&child, words[0], nil, nil, &copies, environ) == 0, waitpid(child, &status, 0) == child,
            status == 0
        else { throw Failed(description: "\(program) \(arguments.joined(separator: " ")) failed") }
    }

    /// Ports that nobody listens on now, below those of outgoing connections.
    static func freePorts(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            for _ in 0..<200 {
                address.sin_port = UInt16.random(in: 22_000...29_999).bigEndian
                let bound = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                if bound == 0 { return Int(UInt16(bigEndian: address.sin_port)) }
            }
            throw Failed(description: "no free port")
        }
    }
}
