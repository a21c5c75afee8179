internal import CCurl

/// One mail on its way: what the server said last, and how long it may take to say more.
final class Transfer {
    private static let replyLengthMax = 300

    private let limits: SMTPLimits
    private let stop: StopSign
    private var rest: ArraySlice<UInt8>
    private var command = ""
    private var reply = ""
    /// The whole mail was handed over.
    private var isWhole = false
    /// libcurl takes its leave after a refusal: that is not what the refusal was about.
    private var isLeaving = false
    private var deadline: ContinuousClock.Instant
    private var limitMs: Int
    private var isOverdue = false

    init(_ bytes: [UInt8], limits: SMTPLimits, stop: StopSign) {
        rest = bytes[...]
        self.limits = limits
        self.stop = stop
        limitMs = max(limits.connectMs, limits.commandMs)
        deadline = .now.advanced(by: .milliseconds(limitMs))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = rest.prefix(buffer.count)
        buffer.copyBytes(from: part)
        rest = rest.dropFirst(part.count)
        if part.isEmpty {
            isWhole = true
            expectWord(within: limits.acceptanceMs)
        }
        return part.count
    }

    /// Only the verb of a command is kept: passwords are sent in commands.
    func watch(_ kind: curl_infotype, _ bytes: UnsafeRawBufferPointer) {
        switch kind {
        case CURLINFO_HEADER_OUT:
            // What follows this reply is no command but a part of the login.
            if reply.hasPrefix("334") {
                reply = ""
                return
            }
            let verb = String(decoding: bytes.prefix(4), as: UTF8.self).uppercased()
            isLeaving = verb == "QUIT"
            expectWord(within: isLeaving ? limits.leaveMs : limits.commandMs)
            if isLeaving { return }
            (command, reply) = (verb, "")
        case CURLINFO_HEADER_IN where !isLeaving:
            let line = String(decoding: bytes.prefix(Self.replyLengthMax), as: UTF8.self)
            reply = EncodedWord.withoutControls(line)
            while reply.last == " " { reply.removeLast() }
        case CURLINFO_DATA_OUT:
            command = "DATA"
            if !isWhole { expectWord(within: limits.commandMs) }
        default: break
        }
    }

    /// Whether nothing more is to be waited for. libcurl asks every second or more often.
    func isOver() -> Bool {
        if !isOverdue, ContinuousClock.now >= deadline { isOverdue = true }
        return isOverdue || stop.isSet
    }

    private func expectWord(within limitMs: Int) {
        self.limitMs = limitMs
        deadline = .now.advanced(by: .milliseconds(limitMs))
    }

    /// A refusal counts for good when it is about this mail: of its address, or of what stands in it. Of anything else,
    /// such as the password or the sender, somebody has to mend something, and the mail waits.
    func receipt(_ code: CURLcode) -> Receipt {
        if code == CURLE_OK { return .taken }
        let isOfMail = command == "RCPT" || command == "DATA"
        let said = "\(command): \(reply)"
        // A relay that takes no mails from us says so at the address (RFC 3463), but it is of no mail in particular.
        let isPolicy = reply.hasPrefix("530") || (command == "RCPT" && reply.dropFirst(3).hasPrefix(" 5.7."))
        if isOfMail, !isPolicy, reply.hasPrefix("5") { return .refused(reason: said) }
        if isOfMail, reply.hasPrefix("4"), !reply.hasPrefix("421") { return .postponed(reason: said) }
        if stop.isSet { return .interrupted }
        if isOverdue, !isLeaving { return .away(reason: "no answer within \(limitMs / 1000) seconds (\(said))") }
        let reason = String(cString: curl_easy_strerror(code))
        return .away(reason: reply.isEmpty ? reason : "\(reason) (\(said))")
    }
}

/// libcurl asks for the next bytes of the mail.
func readMail(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

/// libcurl tells what is said by both sides.
func watchDialogue(
    _ handle: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> CInt {
    guard let context else { return 0 }
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .watch(kind, UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// libcurl tells how far it is; anything but 0 ends the transfer.
func watchProgress(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> CInt {
    guard let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isOver() ? 1 : 0
}
