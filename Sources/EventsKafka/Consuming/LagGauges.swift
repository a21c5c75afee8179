internal import Metrics
internal import Synchronization

/// How far a group is behind, by topic and partition. A partition that another member has now shows zero here.
final class LagGauges: Sendable {
    private let group: String
    private let gauges = Mutex<[GroupMember.Partition: Gauge]>([:])

    init(group: String) {
        self.group = group
    }

    func show(_ lags: [GroupMember.Partition: Int64]) {
        gauges.withLock { gauges in
            for partition in lags.keys where gauges[partition] == nil {
                gauges[partition] = Gauge(
                    label: "jari_events_lag",
                    dimensions: [
                        ("group", group), ("topic", partition.topic), ("partition", "\(partition.number)"),
                    ])
            }
            for (partition, gauge) in gauges { gauge.record(lags[partition] ?? 0) }
        }
    }
}
