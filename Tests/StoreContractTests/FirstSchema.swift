import Domain
import Ports
import Testing

/// What a program of schema 1 left: a fan who charged 500,000 won, bought one seat of two and holds the other. It is
/// written in SQL, since no program of today writes it any more.
enum FirstSchema {
    static let fan: UserID = id(1)
    static let concert: ConcertID = id(2)
    static let date: DateID = id(3)
    static let seats: [SeatID] = [id(4), id(5)]
    static let paid: ReservationID = id(6)
    static let held: ReservationID = id(7)
    static let payment: PaymentID = id(8)
    static let ticket: TicketID = id(9)
    static let charge: TransferID = id(10)
    static let payout: TransferID = id(11)

    private static func id<Entity>(_ number: UInt64) -> ID<Entity> {
        ID(high: 0x019a_acd0_5c00_7000, low: 0x8000_0000_0000_0000 | number)
    }

    /// Statements parted by semicolons.
    static func sale(for contract: any StoreContract) -> String {
        func sql<Entity>(_ id: ID<Entity>) -> String { contract.literal("\(id)") }
        let (no, yes) = contract.flags
        let (at, bytes) = (contract.moment, contract.noBytes)
        let seed = contract.bytes(Array(0..<32))
        func seat(_ index: Int, _ state: String, _ reservation: ReservationID, until: String) -> String {
            """
            INSERT INTO seats
                (id, date_id, ordinal, section, row, number, position, grade, x, y, state, reservation_id, held_until,
                fence, version)
            VALUES (\(sql(seats[index])), \(sql(date)), \(index), 'A', '1', '\(index + 1)', \(index), 0, 0, 0,
                '\(state)', \(sql(reservation)), \(until), 1, 1)
            """
        }
        func reservation(_ id: ReservationID, _ status: String, version: Int) -> String {
            """
            INSERT INTO reservations
                (id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over)
            VALUES (\(sql(id)), \(sql(date)), \(sql(fan)), '\(status)', 1, 150000, \(at), \(at), \(version), \(no))
            """
        }
        func reserved(_ reservation: ReservationID, _ seat: Int) -> String {
            """
            INSERT INTO reservation_seats (reservation_id, seat_id, fence, grade, grade_name, price)
            VALUES (\(sql(reservation)), \(sql(seats[seat])), 1, 0, 'VIP', 150000)
            """
        }
        func event<Subject>(_ number: UInt64, _ kind: String, _ subject: ID<Subject>, version: Int) -> String {
            """
            INSERT INTO events (id, kind, subject_id, version, date_id, user_id, amount, seats, at)
            VALUES (\(sql(id(number) as EventID)), '\(kind)', \(sql(subject)), \(version), NULL, NULL, 0, \(bytes), \(at))
            """
        }
        return [
            """
            INSERT INTO users (id, email, name, role, password_hash, created_at)
            VALUES (\(sql(fan)), 'fan@example.com', 'fan', 'FAN', 'hash', \(at))
            """,
            """
            INSERT INTO concerts
                (id, title_ko, title_en, artist_ko, artist_en, venue_ko, venue_en, details_ko, details_en, search_text,
                status, created_at)
            VALUES (\(sql(concert)), 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'PUBLISHED', \(at))
            """,
            """
            INSERT INTO dates
                (id, concert_id, starts_at, sale_opens_at, sale_closes_at, is_cancelled, active_max, admit_per_second,
                active_seconds, seats_per_fan_max, is_paused, draw_seed, created_at)
            VALUES (\(sql(date)), \(sql(concert)), \(at), \(at), \(at), \(no), 1, 1, 1, 4, \(yes), \(seed), \(at))
            """,
            "INSERT INTO grades (date_id, position, name, price) VALUES (\(sql(date)), 0, 'VIP', 150000)",
            reservation(paid, "PAID", version: 2), reservation(held, "PENDING", version: 1),
            seat(0, "PAID", paid, until: "NULL"), seat(1, "PENDING", held, until: at), reserved(paid, 0),
            reserved(held, 1), "INSERT INTO wallets (user_id, balance) VALUES (\(sql(fan)), 350000)",
            payment(sql(payment), of: sql(paid), by: sql(fan), at: at),
            """
            INSERT INTO transfers (id, kind, from_account, to_account, wallet_id, amount, payment_id, balance, at)
            VALUES (\(sql(charge)), 'CHARGE', \(sql(Account.funding)), \(sql(fan)), \(sql(fan)), 500000, NULL, 500000, \(at))
            """,
            """
            INSERT INTO transfers (id, kind, from_account, to_account, wallet_id, amount, payment_id, balance, at)
            VALUES (\(sql(payout)), 'PAYMENT', \(sql(fan)), \(sql(Account.sales)), \(sql(fan)), 150000,
                \(sql(payment)), 350000, \(at))
            """,
            """
            INSERT INTO tickets
                (id, reservation_id, seat_id, date_id, user_id, secret, status, used_at, used_gate, created_at)
            VALUES (\(sql(ticket)), \(sql(paid)), \(sql(seats[0])), \(sql(date)), \(sql(fan)), 77, 'VALID', NULL, NULL, \(at))
            """,
            event(21, "reservation.held", paid, version: 1), event(22, "reservation.paid", paid, version: 2),
            event(23, "reservation.held", held, version: 1), event(24, "points.charged", charge, version: 1),
        ].joined(separator: ";\n")
    }

    /// As the program of schema 1 inserts a payment.
    static func payment(_ id: String, of reservation: String, by fan: String, at: String) -> String {
        """
        INSERT INTO payments (id, reservation_id, user_id, method, status, amount, refunded, created_at)
        VALUES (\(id), \(reservation), \(fan), 'POINTS', 'CAPTURED', 150000, 0, \(at))
        """
    }

    /// Reads all of it through the store of today.
    static func expectSale(in store: any Store) async throws {
        let found = try #require(try await store.payment(payment))
        #expect(found.reservationID == paid)
        #expect(found.userID == fan)
        #expect((found.method, found.status) == (.points, .captured))
        #expect((found.amount, found.points, found.refunded) == (Won(150_000), Won(150_000), .zero))
        #expect((found.gatewayKey, found.tryAt, found.declineCode) == (nil, nil, nil))
        let history = try await store.transfers(of: fan, before: nil, limit: 9)
        #expect(history.map(\.id) == [payout, charge])
        #expect(history.map(\.kind) == [.payment, .charge])
        #expect(history.map(\.balance) == [Won(350_000), Won(500_000)])
        #expect(history.map(\.paymentID) == [payment, nil])
        #expect(try await store.wallet(of: fan).balance == Won(350_000))
        #expect(try await store.tickets(of: paid).map(\.id) == [ticket])
        #expect(try await store.reservation(held)?.status == .pending)
        let holds = try await store.overdueHolds(limit: 9)
        #expect(holds == [ExpireHold(reservationID: held, ownerID: fan)])
        #expect(try await store.cardPayments(after: nil, limit: 9).isEmpty)
        let broken = try await store.audit().findings.filter { $0.violations > 0 }
        #expect(broken.isEmpty)
    }
}
