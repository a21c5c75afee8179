import Domain
import Testing

@Suite("Addresses of webhooks")
struct WebhookURLTests {
    @Test(
        "An address is taken apart as it is connected to",
        arguments: [
            ("https://Hooks.Example.com", "https://hooks.example.com/", true, "hooks.example.com", 443, "/"),
            (
                "HTTP://example.com/a/b?c=d&e=%20", "http://example.com/a/b?c=d&e=%20", false, "example.com", 80,
                "/a/b?c=d&e=%20"
            ),
            ("https://example.com:8443?x", "https://example.com:8443/?x", true, "example.com", 8443, "/?x"),
            ("https://[2001:DB8::1]:1/", "https://[2001:db8::1]:1/", true, "2001:db8::1", 1, "/"),
            ("https://[::ffff:127.0.0.1]/x", "https://[::ffff:127.0.0.1]/x", true, "::ffff:127.0.0.1", 443, "/x"),
            ("http://127.1:65535/", "http://127.1:65535/", false, "127.1", 65_535, "/"),
            ("https://xn--9n2bp8q.example/", "https://xn--9n2bp8q.example/", true, "xn--9n2bp8q.example", 443, "/"),
        ])
    func parts(text: String, shown: String, isSecure: Bool, host: String, port: Int, target: String) throws {
        let url = try #require(WebhookURL(text))
        #expect(url.text == shown && url.isSecure == isSecure && url.host == host)
        #expect(url.port == port && url.target == target)
        #expect(WebhookURL(url.text) == url)
    }

    @Test(
        "What two readers could take for different hosts is no address",
        arguments: [
            "", "example.com", "//example.com", "ftp://example.com", "unix:///tmp/x", "https://", "https:///x",
            "https://user@example.com/", "https://user:pw@example.com/", "https://a@b@c/", "https://example.com#@evil/",
            "https://example.com\\@evil.com/", "https://exa mple.com/", "https://example.com/\n", "https://예제.kr/",
            "https://ex%61mple.com/", "https://example.com:0/", "https://example.com:65536/", "https://example.com:+1/",
            "https://example.com:8e1/", "https://example.com:/", "https://[::1/", "https://[::1]x/",
            "https://[fe80::1%25eth0]/",
            "https://[127.0.0.1]/", "https://::1/", "https://.example.com/", "https://a..b/", "https://-a/",
            "https://example.com/<x>", "https://" + String(repeating: "a", count: 254) + "/",
            "https://example.com/" + String(repeating: "a", count: 2_000),
        ])
    func refused(text: String) {
        #expect(WebhookURL(text) == nil)
    }
}

@Suite("Addresses that are nobody's on the public Internet")
struct InternetAddressTests {
    /// Each with the addresses on both sides of the border of its block.
    @Test(
        "Private, local and special ones are told from public ones",
        arguments: [
            ([0, 0, 0, 0], false), ([0, 255, 255, 255], false), ([1, 0, 0, 0], true), ([8, 8, 8, 8], true),
            ([9, 255, 255, 255], true), ([10, 0, 0, 0], false), ([10, 255, 255, 255], false), ([11, 0, 0, 0], true),
            ([100, 63, 255, 255], true), ([100, 64, 0, 0], false), ([100, 127, 255, 255], false),
            ([100, 128, 0, 0], true), ([126, 255, 255, 255], true), ([127, 0, 0, 1], false),
            ([127, 255, 255, 255], false), ([128, 0, 0, 0], true), ([169, 253, 255, 255], true),
            ([169, 254, 169, 254], false), ([169, 255, 0, 0], true), ([172, 15, 255, 255], true),
            ([172, 16, 0, 0], false), ([172, 31, 255, 255], false), ([172, 32, 0, 0], true), ([192, 0, 0, 8], false),
            ([192, 0, 1, 0], true), ([192, 0, 2, 1], false), ([192, 88, 99, 1], false), ([192, 168, 0, 1], false),
            ([192, 169, 0, 0], true), ([198, 17, 255, 255], true), ([198, 18, 0, 0], false),
            ([198, 19, 255, 255], false),
            ([198, 20, 0, 0], true), ([198, 51, 100, 7], false), ([203, 0, 113, 7], false),
            ([223, 255, 255, 255], true), ([224, 0, 0, 1], false), ([239, 255, 255, 255], false),
            ([240, 0, 0, 1], false),
            ([255, 255, 255, 255], false),
        ] as [([UInt8], Bool)])
    func version4(bytes: [UInt8], isPublic: Bool) {
        #expect(InternetAddress.isPublic(bytes) == isPublic)
        // In an address of version 6, as one that is mapped, translated or compatible, none of them is.
        let ten = [UInt8](repeating: 0, count: 10)
        #expect(!InternetAddress.isPublic(ten + [0xFF, 0xFF] + bytes))
        #expect(!InternetAddress.isPublic(ten + [0, 0] + bytes))
        #expect(!InternetAddress.isPublic([0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0] + bytes))
        // 6to4 is as public as what it carries.
        #expect(InternetAddress.isPublic([0x20, 0x02] + bytes + ten) == isPublic)
    }

    @Test(
        "Of version 6 only global unicast is public, without what is special in it",
        arguments: [
            ([0x00], false), ([0x1F, 0xFF], false), ([0x20, 0x01, 0x48, 0x60], true),
            ([0x20, 0x01, 0x00, 0x00], false),
            ([0x20, 0x01, 0x01, 0xFF], false), ([0x20, 0x01, 0x02, 0x00], true), ([0x20, 0x01, 0x0D, 0xB8], false),
            ([0x20, 0x01, 0x0D, 0xB9], true), ([0x24, 0x04], true), ([0x3F, 0xFE], true), ([0x3F, 0xFF, 0x0F], false),
            ([0x3F, 0xFF, 0x10], true), ([0x40], false), ([0xFC], false), ([0xFD, 0x12], false), ([0xFE, 0x80], false),
            ([0xFE, 0xC0], false), ([0xFF, 0x02], false), ([0x26, 0x20, 0x00, 0x4F, 0x80, 0x00], false),
        ] as [([UInt8], Bool)])
    func version6(prefix: [UInt8], isPublic: Bool) {
        let bytes = prefix + [UInt8](repeating: 0, count: 15 - prefix.count) + [1]
        #expect(InternetAddress.isPublic(bytes) == isPublic)
    }

    @Test("What is no address is not public", arguments: [0, 3, 5, 15, 17])
    func length(count: Int) {
        #expect(!InternetAddress.isPublic([UInt8](repeating: 8, count: count)))
    }
}
