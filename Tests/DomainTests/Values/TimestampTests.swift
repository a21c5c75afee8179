import Domain
import TestSupport
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "Known moments are written and read in RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_234_567_890_123, "2009-02-13T23:31:30.123Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        ])
    func known(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test("Any moment of the years 0001 to 9999 is read back from its text")
    func roundTrip() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<5_000 {
            let moment = Timestamp(
                milliseconds: Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
            #expect(Timestamp(moment.description) == moment)
        }
    }

    @Test("Days follow each other, with a leap day in every fourth year but not in 1900 and 2100")
    func calendar() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: width - String(number).count) + String(number)
        }
        // From 1900-01-01, counted by hand.
        var moment = Timestamp(milliseconds: -2_208_988_800_000)
        for year in 1900...2101 {
            let isLeap = year % 4 == 0 && year != 1900 && year != 2100
            for (month, length) in lengths.enumerated() {
                for day in 1...(length + (month == 1 && isLeap ? 1 : 0)) {
                    let text = "\(year)-\(padded(month + 1, 2))-\(padded(day, 2))T00:00:00.000Z"
                    if moment.description != text || Timestamp(text) != moment {
                        Issue.record("\(text) is \(moment)")
                        return
                    }
                    moment = moment.adding(seconds: 86_400)
                }
            }
        }
    }

    @Test(
        "Offsets, fractions and leap seconds are read",
        arguments: [
            ("2026-11-22T19:00:00+09:00", "2026-11-22T10:00:00.000Z"),
            ("2026-11-22T00:30:00.5-05:30", "2026-11-22T06:00:00.500Z"),
            ("2026-01-01T00:00:00+00:01", "2025-12-31T23:59:00.000Z"),
            ("2026-11-22t10:00:00z", "2026-11-22T10:00:00.000Z"),
            ("2026-11-22 10:00:00Z", "2026-11-22T10:00:00.000Z"),
            ("2026-11-22T10:00:00.1239999999999999999999999Z", "2026-11-22T10:00:00.123Z"),
            ("2026-11-22T10:00:00.07Z", "2026-11-22T10:00:00.070Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ])
    func variants(text: String, same: String) {
        #expect(Timestamp(text)?.description == same)
    }

    @Test(
        "What no calendar or RFC 3339 has is nil",
        arguments: [
            "", "2026", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+9:00", "2026-01-01T00:00:00+0900",
            "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00ZZ", " 2026-01-01T00:00:00Z", "2026/01/01T00:00:00Z",
            "-026-01-01T00:00:00Z", "２０２６-01-01T00:00:00Z",
        ])
    func malformed(text: String) {
        #expect(Timestamp(text) == nil)
    }
}

@Suite("Times at the ends of the calendar")
struct TimestampRangeTests {
    @Test(
        "An offset that leads out of the years 0 to 9999 is no time",
        arguments: ["0000-01-01T00:00:00+00:01", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-00:01"])
    func outside(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        "The first and the last moment are times", arguments: ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
    func inside(text: String) throws {
        #expect(try #require(Timestamp(text)).description == text)
    }
}
