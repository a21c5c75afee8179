internal import CRdkafka

/// Room for a reason that librdkafka writes.
struct ErrorText {
    private var bytes = [CChar](repeating: 0, count: 512)

    mutating func fill<Result>(_ body: (UnsafeMutablePointer<CChar>?, Int) -> Result) -> Result {
        bytes.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
    }

    var text: String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What librdkafka calls an error.
func reason(of error: rd_kafka_resp_err_t) -> String {
    rd_kafka_err2str(error).map { String(cString: $0) } ?? "error \(error.rawValue)"
}
