internal import Metrics

/// The engine's figures.
struct EngineMetrics: Sendable {
    let queueLength = Recorder(label: "jari_engine_queue_length", dimensions: [], aggregate: false)
    let batchSize = Recorder(label: "jari_engine_batch_size", dimensions: [], aggregate: true)
    let commitTime = Timer(label: "jari_engine_commit_seconds")
    let overloads = Counter(label: "jari_engine_overloads_total")

    func record(batch size: Int, took duration: Duration) {
        batchSize.record(size)
        let (seconds, attoseconds) = duration.components
        commitTime.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
