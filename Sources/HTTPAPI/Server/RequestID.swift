internal import Synchronization

/// Names for requests: 13 characters, no two alike in a process and hardly any in two. Short enough to need no memory
/// of its own, since every request gets one.
enum RequestID {
    private static let digits = [UInt8]("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let counter = Atomic(UInt64.random(in: .min ... .max))

    static func next() -> String {
        // An odd factor makes neighbours look different and, being invertible, never two the same.
        var bits = counter.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        return String(unsafeUninitializedCapacity: 13) { text in
            for index in 0..<13 {
                text[index] = digits[Int(bits & 31)]
                bits >>= 5
            }
            return 13
        }
    }
}
