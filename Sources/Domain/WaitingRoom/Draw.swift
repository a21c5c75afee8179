/// The order of the fans who came before opening: by lot, and so that anyone can check it.
///
/// A date's seed is fixed, and its SHA-256 published, before the first fan comes; the seed itself is published after
/// the draw. Whoever knows it and the fans can compute the order again.
public enum Draw {
    /// A fan's lot: the hash of `seed ‖ date ‖ fan`, ids as their 16 bytes. The lowest lot is called first.
    ///
    /// - Parameter hash: SHA-256. It is passed in, so that the domain depends on no cryptography.
    public static func lot(of fan: UserID, seed: [UInt8], date: DateID, hash: ([UInt8]) -> Digest) -> Digest {
        var message: [UInt8] = []
        message.reserveCapacity(seed.count + 32)
        message.append(contentsOf: seed)
        date.withBytes { message.append(contentsOf: $0) }
        fan.withBytes { message.append(contentsOf: $0) }
        return hash(message)
    }

    /// The fans in the order of their lots. The order in which they are given does not matter.
    public static func order(fans: [UserID], seed: [UInt8], date: DateID, hash: ([UInt8]) -> Digest) -> [UserID] {
        fans.map { (fan: $0, lot: lot(of: $0, seed: seed, date: date, hash: hash)) }
            .sorted { $0.lot < $1.lot }
            .map(\.fan)
    }
}
