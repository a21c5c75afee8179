internal import HTTPTypes
internal import Hummingbird

extension Request {
    /// Whether the client takes gzip: `Accept-Encoding` as RFC 9110 section 12.5.3 reads it, where a quality of 0 is a
    /// no, and `*` stands for what is not named.
    var acceptsGzip: Bool {
        guard let header = headers[.acceptEncoding] else { return false }
        return AcceptEncoding.allowsGzip(header)
    }
}

enum AcceptEncoding {
    /// Codings looked at; nobody has so many.
    private static let codingCountMax = 16

    static func allowsGzip(_ header: String) -> Bool {
        // What nearly everyone sends.
        if header == "gzip" || header == "gzip, deflate, br" || header == "gzip, deflate, br, zstd" { return true }
        var others = false
        for coding in header.split(separator: ",").prefix(codingCountMax) {
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            switch parts.first {
            case "gzip", "x-gzip": return quality > 0
            case "*": others = quality > 0
            default: continue
            }
        }
        return others
    }
}
