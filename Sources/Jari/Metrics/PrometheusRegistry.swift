internal import Metrics
internal import Synchronization

/// Collects swift-metrics' figures and writes them in Prometheus' text format, version 0.0.4. No package here does it;
/// `e2e` reads the result with Prometheus' own Python client.
final class PrometheusRegistry: MetricsFactory, Sendable {
    private let families = Mutex<[String: Family]>([:])

    private struct Family {
        let type: String
        /// By the text of their labels.
        var series: [String: any Series] = [:]
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, "counter", dimensions) { CounterSeries() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate {
            return series(label, "histogram", dimensions) { HistogramSeries(bounds: HistogramSeries.sizes, scale: 1) }
        }
        return series(label, "gauge", dimensions) { GaugeSeries() }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, "histogram", dimensions) {
            HistogramSeries(bounds: HistogramSeries.seconds, scale: 1_000_000_000)
        }
    }

    func destroyCounter(_: any CounterHandler) {}
    func destroyRecorder(_: any RecorderHandler) {}
    func destroyTimer(_: any TimerHandler) {}

    /// All figures, one family after the other by name.
    func exposition() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# TYPE \(name) \(family.type)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name: name, labels: labels, to: &text)
            }
        }
        return text
    }

    private func series<Made: Series>(
        _ label: String, _ type: String, _ dimensions: [(String, String)], make: () -> Made
    ) -> Made {
        let labels = dimensions.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
        return families.withLock { families in
            if let known = families[label]?.series[labels] as? Made { return known }
            let made = make()
            families[label, default: Family(type: type)].series[labels] = made
            return made
        }
    }

    private func escaped(_ value: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text
    }
}

/// One line, or the lines of one histogram.
private protocol Series: Sendable {
    func write(name: String, labels: String, to text: inout String)
}

private final class CounterSeries: Series, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(braced(labels)) \(value.load(ordering: .relaxed))\n"
    }
}

private final class GaugeSeries: Series, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(braced(labels)) \(Double(bitPattern: bits.load(ordering: .relaxed)))\n"
    }
}

private final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    static let sizes: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024]
    static let seconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct State {
        /// One more than there are bounds, for what is above the last.
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let scale: Double
    private let state: Mutex<State>

    /// - Parameter scale: What is recorded is divided by this: 1,000,000,000 for nanoseconds shown as seconds.
    init(bounds: [Double], scale: Double) {
        self.bounds = bounds
        self.scale = scale
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }

    func record(_ value: Double) {
        let value = value / scale
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(name: String, labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        let comma = labels.isEmpty ? "" : ","
        var cumulative = 0
        for (bound, count) in zip(bounds.map { "\($0)" } + ["+Inf"], state.counts) {
            cumulative += count
            text += "\(name)_bucket{\(labels)\(comma)le=\"\(bound)\"} \(cumulative)\n"
        }
        text += "\(name)_sum\(braced(labels)) \(state.sum)\n"
        text += "\(name)_count\(braced(labels)) \(cumulative)\n"
    }
}

private func braced(_ labels: String) -> String {
    labels.isEmpty ? "" : "{\(labels)}"
}
