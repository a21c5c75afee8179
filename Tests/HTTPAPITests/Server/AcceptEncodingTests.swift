import Testing

@testable import HTTPAPI

@Suite("Accept-Encoding")
struct AcceptEncodingTests {
    @Test(
        "gzip is taken when it is named or covered, with a quality above 0",
        arguments: [
            ("gzip", true), ("gzip, deflate, br", true), ("br;q=1.0, gzip;q=0.5", true), ("GZIP", true),
            ("x-gzip", true), ("*", true), ("*;q=0.1", true), ("deflate , gzip ; q=0.001", true),
            ("gzip;q=0", false), ("gzip; q=0.000", false), ("*, gzip;q=0", false), ("gzip;q=0, *", false),
            ("", false), ("identity", false), ("br", false), ("*;q=0", false), ("gzippy", false),
            ("gzip;q=nonsense", false),
        ])
    func allows(header: String, isAllowed: Bool) {
        #expect(AcceptEncoding.allowsGzip(header) == isAllowed)
    }
}
