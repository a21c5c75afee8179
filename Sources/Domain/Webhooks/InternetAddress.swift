/// Whether an address is somebody's on the public Internet: where a webhook may go without being allowed to reach what
/// only our own network should.
public enum InternetAddress {
    /// - Parameter bytes: 4 for version 4, 16 for version 6, most significant first.
    public static func isPublic(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4: !special4.contains { $0.contains(bytes) }
        case 16: isPublic6(bytes)
        default: false
        }
    }

    private static func isPublic6(_ bytes: [UInt8]) -> Bool {
        // Only what is given out for the Internet; with that go loopback, unspecified, mapped and compatible addresses,
        // unique local, link-local and multicast ones. NAT64's own prefix is outside of it too.
        guard Block([0x20], 3).contains(bytes) else { return false }
        // 6to4 carries an address of version 4 to which a relay on the way delivers.
        if Block([0x20, 0x02], 16).contains(bytes), !isPublic(Array(bytes[2..<6])) { return false }
        return !special6.contains { $0.contains(bytes) }
    }

    private struct Block {
        let prefix: [UInt8]
        let bitCount: Int

        init(_ prefix: [UInt8], _ bitCount: Int) {
            self.prefix = prefix
            self.bitCount = bitCount
        }

        func contains(_ bytes: [UInt8]) -> Bool {
            for index in 0..<(bitCount + 7) / 8 {
                let bits = min(8, bitCount - index * 8)
                let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
                let wanted = index < prefix.count ? prefix[index] : 0
                if bytes[index] & mask != wanted & mask { return false }
            }
            return true
        }
    }

    /// IANA's registry of special-purpose addresses of version 4, with multicast and what is reserved.
    private static let special4 = [
        Block([0], 8),  // this network
        Block([10], 8), Block([172, 16], 12), Block([192, 168], 16),  // private
        Block([100, 64], 10),  // behind a carrier's NAT
        Block([127], 8),  // loopback
        Block([169, 254], 16),  // link-local, and the metadata services of clouds
        Block([192, 0, 0], 24),  // protocol assignments
        Block([192, 0, 2], 24), Block([198, 51, 100], 24), Block([203, 0, 113], 24),  // documentation
        Block([192, 31, 196], 24), Block([192, 52, 193], 24), Block([192, 175, 48], 24),  // AS112 and AMT
        Block([192, 88, 99], 24),  // 6to4 relays
        Block([198, 18], 15),  // benchmarks
        Block([224], 4),  // multicast
        Block([240], 4),  // reserved, and broadcast
    ]

    /// What is special within 2000::/3.
    private static let special6 = [
        Block([0x20, 0x01, 0x00], 23),  // protocol assignments, with Teredo, which carries version 4
        Block([0x20, 0x01, 0x0D, 0xB8], 32), Block([0x3F, 0xFF, 0x00], 20),  // documentation
        Block([0x26, 0x20, 0x00, 0x4F, 0x80, 0x00], 48),  // AS112
    ]
}
