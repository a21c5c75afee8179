import Domain
import Foundation
import HTTPTypes
import Testing

@testable import HTTPAPI

@Suite("Problems")
struct ProblemTests {
    @Test("Each code has a status of its class and a title in both languages", arguments: Problem.Code.allCases)
    func total(code: Problem.Code) {
        #expect((400..<600).contains(code.status.code))
        #expect(!code.status.reasonPhrase.isEmpty)
        #expect(!code.title[.ko].isEmpty && !code.title[.en].isEmpty)
        #expect(code.title[.ko] != code.title[.en])
        #expect(code.title[.en].utf8.allSatisfy { $0 < 0x80 })
    }

    @Test("openapi.yml names each code", arguments: Problem.Code.allCases)
    func documented(code: Problem.Code) throws {
        #expect(try Contract.text().contains("urn:jari:problem:\(code.rawValue)\n"))
    }

    @Test("The document is what RFC 9457 asks for")
    func document() throws {
        let problem = Problem(Refusal.tooManySeats(max: 4))
        let bytes = problem.document(in: .en)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(document["type"] as? String == "urn:jari:problem:tooManySeats")
        #expect(document["status"] as? Int == 422)
        #expect(document["code"] as? String == "tooManySeats")
        #expect(document["max"] as? Int == 4)
        #expect((document["detail"] as? String)?.contains("4 seats") == true)
    }
}
