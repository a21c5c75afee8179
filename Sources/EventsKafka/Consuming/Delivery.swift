internal import Domain
internal import Logging
internal import Ports

/// Brings a batch of messages to a consumer, and sorts out those that it cannot use.
struct Delivery: Sendable {
    /// How often a consumer may fail at one event before the event is to blame.
    static let attemptMax = 3

    let consumer: any EventConsumer
    let stop: StopSignal
    let logger: Logger

    typealias Poisoned = (message: IncomingMessage, reason: String)

    /// Returns when the consumer has taken all messages but the poisoned ones.
    ///
    /// - Throws: When nothing is known about the messages but that the consumer cannot take them now. All should come
    ///   again; those that it took already, it drops.
    func deliver(_ messages: [IncomingMessage]) async throws(Fault) -> [Poisoned] {
        var poisoned: [Poisoned] = []
        var events: [(message: IncomingMessage, event: Event)] = []
        for message in messages {
            do throws(NotAnEvent) {
                events.append((message, try Event(cloudEvent: message.value ?? [])))
            } catch {
                poisoned.append((message, "not an event: \(error)"))
            }
        }
        guard !events.isEmpty else { return poisoned }
        do throws(Fault) {
            try await consumer.consume(events.map(\.event))
        } catch {
            guard !error.passes else { throw error }
            logger.warning(
                "a consumer fails, looking for the event that is to blame",
                metadata: ["consumer": "\(consumer.name)", "fault": "\(error)"])
            poisoned += try await oneByOne(events)
        }
        return poisoned
    }

    /// Finds the events at which the consumer always fails.
    ///
    /// A subject whose event fails waits until the others had their turn. Only then, with the consumer seen to take
    /// something, is an event that fails again to blame; a store that takes nothing is broken itself. What it says of
    /// the rows (`constraint`) needs no such proof.
    private func oneByOne(_ events: [(message: IncomingMessage, event: Event)]) async throws(Fault) -> [Poisoned] {
        var order: [ID<Event.Subject>] = []
        var waiting: [ID<Event.Subject>: ArraySlice<(message: IncomingMessage, event: Event)>] = [:]
        for element in events {
            if waiting[element.event.subjectID] == nil { order.append(element.event.subjectID) }
            waiting[element.event.subjectID, default: []].append(element)
        }
        var poisoned: [Poisoned] = []
        var hasTakenAny = false
        for isLastTurn in [false, true] {
            for subject in order {
                while let (message, event) = waiting[subject]?.first {
                    if let fault = try await fault(consuming: event) {
                        guard isLastTurn else { break }
                        guard hasTakenAny || fault.code == .constraint else { throw fault }
                        poisoned.append((message, "\(consumer.name) failed \(Self.attemptMax) times: \(fault)"))
                    } else {
                        hasTakenAny = true
                    }
                    waiting[subject]?.removeFirst()
                }
            }
        }
        return poisoned
    }

    private func fault(consuming event: Event) async throws(Fault) -> Fault? {
        var backOff = BackOff()
        for attempt in 1... {
            do throws(Fault) {
                try await consumer.consume([event])
                return nil
            } catch {
                if error.passes || stop.isGiven { throw error }
                if attempt == Self.attemptMax { return error }
            }
            await stop.sleep(for: backOff.next())
        }
        return nil
    }
}

extension Fault {
    /// Whether it says nothing about the events: the same ones may be taken later.
    fileprivate var passes: Bool {
        switch code {
        case .unavailable, .outcomeUnknown, .conflict: true
        case .constraint, .broken: false
        }
    }
}
