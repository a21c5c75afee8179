/// How one date's waiting room lets fans in. Staff change it while the sale runs.
public struct QueueSettings: Hashable, Sendable {
    /// Fans inside at the same time: 1 to 1,000,000.
    public var activeMax: Int
    /// Fans let in each second: 1 to 100,000.
    public var admitPerSecond: Int
    /// How long a fan may stay inside: 30 to 7,200 seconds.
    public var activeSeconds: Int
    /// Seats that one fan may hold and own of this date: 1 to 50.
    public var seatsPerFanMax: Int
    /// Staff's hand on the door: nobody is let in while it is true; those inside go on.
    public var isPaused: Bool

    public static var standard: QueueSettings {
        QueueSettings(activeMax: 2_000, admitPerSecond: 200, activeSeconds: 600, seatsPerFanMax: 4, isPaused: false)
    }

    public init(activeMax: Int, admitPerSecond: Int, activeSeconds: Int, seatsPerFanMax: Int, isPaused: Bool) {
        self.activeMax = activeMax
        self.admitPerSecond = admitPerSecond
        self.activeSeconds = activeSeconds
        self.seatsPerFanMax = seatsPerFanMax
        self.isPaused = isPaused
    }
}
