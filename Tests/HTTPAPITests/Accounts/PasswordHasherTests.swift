import Dispatch
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Passwords")
struct PasswordHasherTests {
    private let hasher = PasswordHasher()

    /// From the test vectors of the reference implementation (phc-winner-argon2, test.c).
    @Test("A known hash of Argon2id is verified")
    func knownVector() async throws {
        let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(try await hasher.verify("password", against: known))
        #expect(try await !hasher.verify("Password", against: known))
    }

    @Test("A hash has OWASP's parameters and a salt of its own")
    func parameters() async throws {
        let first = try await hasher.hash("correct horse battery")
        let second = try await hasher.hash("correct horse battery")
        #expect(first.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(first != second)
    }

    @Test(
        "A password fits its own hash and no other",
        arguments: ["correct horse battery", "비밀번호 12345", "with\0zero", String(repeating: "x", count: 128)])
    func verifying(password: String) async throws {
        let hash = try await hasher.hash(password)
        #expect(try await hasher.verify(password, against: hash))
        #expect(try await !hasher.verify(password + "x", against: hash))
        #expect(try await !hasher.verify(String(password.dropLast()), against: hash))
        #expect(try await !hasher.verify("", against: hash))
    }

    @Test("What is no hash fits no password", arguments: ["", "$argon2id$", "plain text"])
    func notAHash(text: String) async throws {
        #expect(try await !hasher.verify("", against: text))
    }

    @Test("Past the limit of those who wait the server says that it is overloaded")
    func bounded() async throws {
        let small = PasswordHasher(concurrent: 1, waitingMax: 2)
        let gate = DispatchSemaphore(value: 0)
        async let first: Void = small.compute { gate.wait() }
        async let second: Void = small.compute { gate.wait() }
        #expect(await eventually { small.takenCount == 2 })
        await #expect {
            try await small.hash("correct horse battery")
        } throws: {
            ($0 as? Problem)?.code == .overloaded
        }
        gate.signal()
        gate.signal()
        _ = try await (first, second)
        #expect(try await small.hash("again").hasPrefix("$argon2id$"))
    }
}
