import Domain

/// What happened in a simulation, as a hash: two runs of one seed must have the same. FNV-1a over the lines.
struct Trace: Sendable {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// The last lines, to show with a violation.
    private(set) var tail: [String] = []
    private(set) var lineCount = 0

    mutating func add(_ line: String) {
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        lineCount += 1
        if tail.count >= 40 { tail.removeFirst(20) }
        tail.append(line)
    }
}
