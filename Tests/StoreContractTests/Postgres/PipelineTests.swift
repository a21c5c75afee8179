import Testing

@testable import StorePostgres

@Suite("What a pipeline's answers mean, without a server")
struct PipelineTests {
    private let refusal = SQLError(state: "23514", message: "no")
    private let shutdown = SQLError(state: "57P01", message: "going down", isFatal: true)

    /// Plays arrivals and returns the last action.
    private func play(_ steps: [Pipeline.Step], _ arrivals: [Pipeline.Arrival]) -> Pipeline.Action {
        var pipeline = Pipeline(steps)
        var last = Pipeline.Action.wait
        for arrival in arrivals { last = pipeline.received(arrival) }
        return last
    }

    @Test("Each result is that of the request in turn, and the sync point ends it")
    func inOrder() {
        var pipeline = Pipeline([.prepare(0), .run(0), .run(1), .commit(2)])
        #expect(pipeline.received(.result) == .prepared(0))
        #expect(pipeline.received(.endOfStep) == .wait)
        for request in 0...2 {
            #expect(pipeline.received(.result) == .keep(request))
            #expect(pipeline.received(.endOfStep) == .wait)
        }
        #expect(pipeline.received(.sync) == .finish)
    }

    @Test("What is refused fails at the sync point, after the steps that the server left out")
    func refused() {
        let arrivals: [Pipeline.Arrival] = [
            .result, .endOfStep, .refused(refusal), .endOfStep, .skipped, .endOfStep,
        ]
        #expect(play([.run(0), .run(1), .commit(2)], arrivals) == .wait)
        #expect(play([.run(0), .run(1), .commit(2)], arrivals + [.sync]) == .fail(.refused(refusal)))
    }

    @Test("A connection that breaks before a COMMIT was sent has changed nothing")
    func lostBeforeCommit() {
        var pipeline = Pipeline([.run(0), .run(1)])
        _ = pipeline.received(.result)
        #expect(pipeline.connectionLost("gone") == .lost(reason: "gone", mayHaveCommitted: false))
    }

    @Test("A connection that breaks once a COMMIT was sent may have changed everything, however little was answered")
    func lostAtCommit() {
        let pipeline = Pipeline([.run(0), .commit(1)])
        #expect(pipeline.connectionLost("gone") == .lost(reason: "gone", mayHaveCommitted: true))
    }

    @Test("A step that was refused keeps the COMMIT behind it from being done, even if the connection breaks then")
    func lostAfterRefusal() {
        var pipeline = Pipeline([.run(0), .commit(1)])
        _ = pipeline.received(.refused(refusal))
        #expect(pipeline.connectionLost("gone") == .lost(reason: "gone", mayHaveCommitted: false))
    }

    @Test("A server that says goodbye at a step before the COMMIT has not come to it")
    func goodbyeBeforeCommit() {
        let action = play([.run(0), .commit(1)], [.refused(shutdown)])
        #expect(action == .fail(.lost(reason: "going down", mayHaveCommitted: false)))
    }

    @Test("A server that says goodbye at the COMMIT may have done it", arguments: [0, 2])
    func goodbyeAtCommit(more: Int) {
        let answers: [Pipeline.Arrival] = [.result, .endOfStep, .result, .endOfStep]
        let action = play([.run(0), .commit(1)], Array(answers.prefix(2 + more)) + [.refused(shutdown)])
        #expect(action == .fail(.lost(reason: "going down", mayHaveCommitted: true)))
    }

    @Test("Answers out of order end the connection rather than being taken for others")
    func outOfOrder() {
        for arrivals in [[.sync], [.endOfStep], [.result, .result], [.skipped]] as [[Pipeline.Arrival]] {
            guard case .fail(.lost) = play([.run(0)], arrivals) else {
                Issue.record("\(arrivals) was accepted")
                continue
            }
        }
    }
}
