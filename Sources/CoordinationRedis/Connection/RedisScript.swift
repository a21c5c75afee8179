internal import Crypto
internal import Ports

/// A Lua script, called by its SHA-1.
struct RedisScript: Sendable {
    let text: [UInt8]
    let digest: [UInt8]

    init(_ text: String) {
        self.text = Array(text.utf8)
        // The name that Redis gives a script; nothing is kept safe by it.
        let hex = Insecure.SHA1.hash(data: self.text).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        digest = Array(hex.joined().utf8)
    }

    /// - Parameter isKnown: Whether the server is expected to have the script already.
    func command(keys: [[UInt8]], arguments: [RedisCommand.Word], isKnown: Bool) -> RedisCommand {
        var words: [RedisCommand.Word] = [
            .text(isKnown ? "EVALSHA" : "EVAL"), .bytes(isKnown ? digest : text), .integer(keys.count),
        ]
        words.reserveCapacity(words.count + keys.count + arguments.count)
        for key in keys { words.append(.bytes(key)) }
        words.append(contentsOf: arguments)
        return RedisCommand(words)
    }
}

extension RedisServers {
    /// Runs a script. A server that does not know it (a new one, or one that has forgotten) is sent the text, which it
    /// keeps: each call does so for itself, so it does not matter how many are under way.
    ///
    /// The completion gets no error replies: those are faults.
    func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [RedisCommand.Word], tag: HashTag,
        _ completion: @escaping RedisCompletion
    ) {
        send(script.command(keys: keys, arguments: arguments, isKnown: true), tag: tag) { result in
            guard case .success(.error(let text)) = result, text.hasPrefix("NOSCRIPT") else {
                return completion(result.withoutErrors)
            }
            send(script.command(keys: keys, arguments: arguments, isKnown: false), tag: tag) {
                completion($0.withoutErrors)
            }
        }
    }

    func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [RedisCommand.Word], tag: HashTag
    ) async throws(Fault) -> RedisReply {
        try await withCheckedContinuation { continuation in
            run(script, keys: keys, arguments: arguments, tag: tag) { continuation.resume(returning: $0) }
        }.get()
    }
}

extension RedisResult {
    /// Words by which a server says that it cannot serve now, and that trying again may help.
    private static var passing: [String] {
        ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "NOREPLICAS", "MISCONF"]
    }

    var withoutErrors: RedisResult {
        guard case .success(.error(let text)) = self else { return self }
        let isPassing = Self.passing.contains { text.hasPrefix($0) }
        return .failure(Fault(isPassing ? .unavailable : .broken, attempt: "run a script in Redis", reason: text))
    }
}
