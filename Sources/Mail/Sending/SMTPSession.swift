internal import CCurl
internal import Dispatch

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// One connection to a mail server, through libcurl. Used by one thread at a time; every call blocks, for as long as
/// ``SMTPLimits`` say or until it is told to stop.
final class SMTPSession {
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private let isOpportunistic: Bool
    private let limits: SMTPLimits
    private let stop: StopSign

    /// Nothing is connected before the first mail. Nil when there is no memory.
    init?(server: SMTPServer, limits: SMTPLimits, stop: StopSign) {
        guard Self.isReady, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.limits = limits
        self.stop = stop
        isOpportunistic = server.encryption == .opportunistic
        // No signals: they are the whole program's. Verbose is what makes libcurl tell the watcher. Its own limit for
        // an answer would be two minutes; ours, which are shorter but for one, are kept by the transfer.
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_UPLOAD, 1), (CURLOPT_VERBOSE, 1), (CURLOPT_NOPROGRESS, 0),
            (CURLOPT_CONNECTTIMEOUT_MS, limits.connectMs), (CURLOPT_TIMEOUT_MS, limits.mailMs),
            (CURLOPT_SERVER_RESPONSE_TIMEOUT, (limits.mailMs + 999) / 1000),
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

    /// libcurl says goodbye and waits two minutes for the answer, whatever it was told: so the connection is cut when our
    /// limit is over. A copy of the socket is kept for that, since its own number may soon be another's.
    deinit {
        let socket = dup(jari_curl_socket(handle))
        guard socket >= 0 else { return curl_easy_cleanup(handle) }
        let cut = DispatchWorkItem { shutdown(socket, CInt(SHUT_RDWR)) }
        DispatchQueue.global().asyncAfter(
            deadline: .now() + .milliseconds(stop.isSet ? 0 : limits.leaveMs), execute: cut)
        curl_easy_cleanup(handle)
        cut.cancel()
        // It may be running.
        cut.notify(queue: .global()) { close(socket) }
    }

    func send(_ message: Message) -> Receipt {
        let transfer = Transfer(message.bytes, limits: limits, stop: stop)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        let recipients = curl_slist_append(nil, "<\(message.to.address)>")
        defer { curl_slist_free_all(recipients) }
        jari_curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(message.from.address)>")
        jari_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        jari_curl_set_reader(handle, readMail, context)
        jari_curl_set_watcher(handle, watchDialogue, context)
        jari_curl_set_progress(handle, watchProgress, context)
        let code = curl_easy_perform(handle)
        // The connection lives on, the transfer does not.
        jari_curl_set_reader(handle, readMail, nil)
        jari_curl_set_watcher(handle, watchDialogue, nil)
        jari_curl_set_progress(handle, watchProgress, nil)
        withExtendedLifetime(transfer) {}
        return transfer.receipt(code)
    }
}
