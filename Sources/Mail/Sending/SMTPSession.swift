internal import CCurl

/// One connection to a mail server, through libcurl. Used by one thread at a time; every call blocks, for
/// ``limitMs`` at most.
final class SMTPSession {
    private static let connectLimitMs = 5_000
    /// For a whole mail. Below the time that a shutdown has.
    private static let limitMs = 20_000
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private let isOpportunistic: Bool

    /// Nothing is connected before the first mail. Nil when there is no memory.
    init?(server: SMTPServer) {
        guard Self.isReady, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        isOpportunistic = server.encryption == .opportunistic
        // No signals: they are the whole program's. Verbose is what makes libcurl tell the watcher.
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_UPLOAD, 1), (CURLOPT_VERBOSE, 1),
            (CURLOPT_CONNECTTIMEOUT_MS, Self.connectLimitMs), (CURLOPT_TIMEOUT_MS, Self.limitMs),
        ] { jari_curl_set_number(handle, option, value) }
        jari_curl_set_text(handle, CURLOPT_URL, server.url)
        jari_curl_set_text(handle, CURLOPT_PROXY, "")
        if let authorities = server.authorities { jari_curl_set_text(handle, CURLOPT_CAINFO, authorities) }
        if let user = server.user, let password = server.password {
            jari_curl_set_text(handle, CURLOPT_USERNAME, user)
            jari_curl_set_text(handle, CURLOPT_PASSWORD, password)
        }
        let security =
            switch server.encryption {
            case .implicit, .required: CURLUSESSL_ALL
            case .opportunistic: CURLUSESSL_TRY
            case .none: CURLUSESSL_NONE
            }
        jari_curl_set_number(handle, CURLOPT_USE_SSL, Int(security.rawValue))
        if isOpportunistic, server.authorities == nil {
            // Whoever could show a false certificate could also hide that the server has any.
            jari_curl_set_number(handle, CURLOPT_SSL_VERIFYPEER, 0)
            jari_curl_set_number(handle, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    deinit {
        curl_easy_cleanup(handle)
    }

    func send(_ message: Message) -> Receipt {
        let transfer = Transfer(message.bytes)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        let recipients = curl_slist_append(nil, "<\(message.to.address)>")
        defer { curl_slist_free_all(recipients) }
        jari_curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(message.from.address)>")
        jari_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        jari_curl_set_reader(handle, readMail, context)
        jari_curl_set_watcher(handle, watchDialogue, context)
        let code = curl_easy_perform(handle)
        withExtendedLifetime(transfer) {}
        return transfer.receipt(code)
    }
}

/// One mail on its way, and what the server said last.
private final class Transfer {
    private static let replyLengthMax = 300

    private var rest: ArraySlice<UInt8>
    private var command = ""
    private var reply = ""
    /// libcurl takes its leave after a refusal: that is not what the refusal was about.
    private var isLeaving = false

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = rest.prefix(buffer.count)
        buffer.copyBytes(from: part)
        rest = rest.dropFirst(part.count)
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
            if isLeaving { return }
            (command, reply) = (verb, "")
        case CURLINFO_HEADER_IN where !isLeaving:
            let line = String(decoding: bytes.prefix(Self.replyLengthMax), as: UTF8.self)
            reply = EncodedWord.withoutControls(line)
            while reply.last == " " { reply.removeLast() }
        case CURLINFO_DATA_OUT: command = "DATA"
        default: break
        }
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
        let reason = String(cString: curl_easy_strerror(code))
        return .away(reason: reply.isEmpty ? reason : "\(reason) (\(said))")
    }
}

/// libcurl asks for the next bytes of the mail.
private func readMail(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

/// libcurl tells what is said by both sides.
private func watchDialogue(
    _ handle: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> CInt {
    guard let context else { return 0 }
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .watch(kind, UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
