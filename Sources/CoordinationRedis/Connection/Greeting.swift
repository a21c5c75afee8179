/// What a link says first on each connection, and what it wants to hear.
struct Greeting: Sendable {
    /// A reply to the greeting that the link cannot work with.
    struct Refused: Error {
        let reason: String
    }

    /// What the server is wanted for.
    enum Purpose {
        /// Keys: only a primary will do.
        case keys
        /// Slots or published messages: any node will do.
        case anyNode
        case sentinel
    }

    let commands: [RedisCommand]
    private let purpose: Purpose

    init(url: RedisURL, for purpose: Purpose) {
        var commands: [RedisCommand] = []
        if purpose != .sentinel, let password = url.password {
            commands.append(url.user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password))
        }
        if purpose == .keys {
            if url.database > 0 { commands.append(RedisCommand("SELECT", String(url.database))) }
            commands.append(RedisCommand("ROLE"))
            commands.append(RedisCommand("INFO", "server"))
        } else {
            commands.append(RedisCommand("PING"))
        }
        self.commands = commands
        self.purpose = purpose
    }

    /// Decisions are made on a primary only: after a failover the old one may come back as a replica.
    ///
    /// - Returns: The server's `run_id`, which is another one after every start. Empty where it was not asked.
    func check(_ replies: [RedisReply]) throws(Refused) -> [UInt8] {
        if let error = replies.lazy.compactMap(\.errorText).first { throw Refused(reason: error) }
        guard purpose == .keys else { return [] }
        guard let role = replies[replies.count - 2].array?.first?.text, role == "master" else {
            throw Refused(reason: "it is no primary")
        }
        let lines = replies[replies.count - 1].text?.split(whereSeparator: \.isNewline) ?? []
        guard let line = lines.first(where: { $0.hasPrefix("run_id:") }) else {
            throw Refused(reason: "it does not tell its run_id")
        }
        return Array(line.dropFirst("run_id:".count).utf8)
    }
}
