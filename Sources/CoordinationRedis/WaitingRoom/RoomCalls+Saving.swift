internal import Domain
internal import Logging
internal import Ports

/// Having the store remember places, before anyone is told of them.
extension RoomCalls {
    private static let drainMax = 1_000

    /// Remembers places, and tells Redis that they are remembered.
    ///
    /// - Parameter completion: Told whether each place may be told of: see ``saved(_:of:)``.
    func save(
        _ date: DateID, _ places: [UnsavedPlace], _ completion: @escaping @Sendable (Result<[Bool], Fault>) -> Void
    ) {
        Task {
            do throws(Fault) {
                completion(.success(try await self.save(date, places)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    private func save(_ date: DateID, _ places: [UnsavedPlace]) async throws(Fault) -> [Bool] {
        // Of one fan the last change counts: a place that was taken and left at the same time must not stay.
        let latest = Array(Dictionary(places.map { ($0.fan, $0) }) { $0.change > $1.change ? $0 : $1 }.values)
        let kept = latest.compactMap { place in place.number.map { QueueJoin(fan: place.fan, number: $0) } }
        // Who left and came back may have a lower number than before, that of one who gathers: the store would keep the
        // higher one, and with it a place that was given up.
        let gone = latest.filter { $0.number == nil || $0.isAfterLeaving }.map(\.fan)
        if !gone.isEmpty { try await joins.forget(gone, of: date) }
        if !kept.isEmpty { try await joins.remember(kept, of: date) }
        let held = try await saved(latest, of: date)
        return places.map { $0.number == nil || held[$0.fan] == $0.number }
    }

    /// Tells Redis what the store remembers, and learns which of these places the room still has.
    ///
    /// Redis may have lost the room after it gave a place and before the store had it: then the room was put together
    /// again without it, or is about to be, and its fan must not be told of it. Whoever is told afterwards is safe: a
    /// room that is lost from now on is put together from a store that knows the place.
    private func saved(_ places: [UnsavedPlace], of date: DateID) async throws(Fault) -> [UserID: Int64] {
        var changes: [UInt8] = []
        for place in places {
            changes.append(place.fan)
            changes.append(place.change)
            changes.append(place.number ?? -1)
        }
        let keys = book.keys(of: date)
        let reply = try await servers.run(
            RoomScripts.saved, keys: keys.all, arguments: [.home, .bytes(changes)], tag: keys.tag)
        switch reply.array?.first?.text {
        case "GONE": return [:]
        case "OK":
            guard let marks = reply.array?.dropFirst().first?.bytes, marks.count == places.count else {
                throw RoomReply.malformed(reply)
            }
            return zip(places, marks).reduce(into: [:]) { held, told in
                if told.1 == UInt8(ascii: "1") { held[told.0.fan] = told.0.number }
            }
        default: throw RoomReply.malformed(reply)
        }
    }

    /// Saves what nobody has saved: places from the draw, and what a process left behind that ended.
    func drain(_ date: DateID, now: Timestamp) {
        guard book.beginDraining(date) else { return }
        Task {
            defer { self.book.endDraining(date) }
            do throws(Fault) {
                while true {
                    let reply = try await self.room(RoomScripts.unsaved, date, now: now, [.integer(Self.drainMax)])
                    let places = UnsavedPlace.all(in: reply?.values.dropFirst().first?.bytes ?? [])
                    if places.isEmpty { return }
                    _ = try await self.save(date, places)
                    if places.count < Self.drainMax { return }
                }
            } catch {
                self.logger.warning("places were not saved yet", metadata: ["fault": "\(error)"])
            }
        }
    }
}

extension UnsavedPlace {
    /// Reads 32 bytes each: fan, number or -1, change.
    fileprivate static func all(in bytes: [UInt8]) -> [UnsavedPlace] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 31, by: 32).compactMap { start in
                let number = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 16, as: Int64.self))
                let change = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 24, as: Int64.self))
                return UserID(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 16])).map { fan in
                    UnsavedPlace(fan: fan, number: number < 0 ? nil : number, change: change)
                }
            }
        }
    }
}
