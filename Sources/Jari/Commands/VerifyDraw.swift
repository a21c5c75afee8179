internal import ArgumentParser
internal import Crypto
internal import Domain
internal import Foundation

/// `jari verify-draw`: computes a draw again from what is public. It needs no store and no settings.
struct VerifyDraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-draw",
        abstract: "Compute the order of a draw again. / 추첨 순서를 다시 계산해 확인합니다.",
        discussion: """
            Before a sale opens its GET /api/v1/dates/ID/queue shows drawCommitment: note it. After the opening it \
            shows drawSeed too. This command checks that the seed's SHA-256 is the commitment that you noted, computes \
            the lots of the fans that you name (ids as GET /api/v1/users/me tells them) and puts them in the order of \
            the draw. Ids of other fans are not public: who knows one fan learns how many of a hundred come before, \
            and who knows several learns their order.

            Exits with 2 when the seed is not the one that was promised.
            """)

    @Option(help: "The date whose sale was drawn.")
    var date: String

    @Option(help: "A server to ask for the commitment and the seed: http://host:port")
    var url: String?

    @Option(help: "The commitment that was noted before the opening: 64 hexadecimal digits.")
    var commitment: String?

    @Option(help: "The seed that was shown at the opening: 64 hexadecimal digits.")
    var seed: String?

    @Option(help: "A file of fans' ids, one a line; - reads standard input.")
    var fans: String?

    @Argument(help: "Fans' ids.")
    var fan: [String] = []

    func run() async throws {
        try await Complaint.orExit {
            guard let date = DateID(date) else { throw StartError("--date \(date) is not an id.") }
            let fans = try fanIDs()
            let told = try await told(of: date)
            let (seed, promised) = try (told.seed(or: seed), told.commitment(or: commitment))
            let found = Crypto.SHA256.hash(data: seed).hexText
            guard found == promised else {
                print("NOT the seed that was promised.")
                print("  promised  \(promised)")
                print("  SHA-256   \(found)")
                flushOutput()
                throw ExitCode(2)
            }
            print("The seed is the one that was promised: its SHA-256 is \(promised).")
            if commitment == nil {
                print("The server told both just now: note the commitment before an opening, and give it here.")
            }
            for (place, fan) in Draw.order(fans: fans, seed: seed, date: date, hash: sha256).enumerated() {
                let lot = Draw.lot(of: fan, seed: seed, date: date, hash: sha256)
                print("\(place + 1)  \(fan)  lot \(lot.hexText)  about \(lot.percentBefore) % of all come before")
            }
            flushOutput()
        }
    }

    /// What a server tells, if one is asked; what is given as an option must not differ from it.
    private func told(of date: DateID) async throws -> PublishedDraw {
        guard let url else { return PublishedDraw() }
        let told = try await PublishedDraw(of: date, at: url)
        if let commitment, let now = told.commitment, commitment.lowercased() != now {
            print("The server now tells another commitment than the one that was noted.")
            print("  noted  \(commitment.lowercased())")
            print("  told   \(now)")
            flushOutput()
            throw ExitCode(2)
        }
        return told
    }

    private func fanIDs() throws -> [UserID] {
        var words = fan
        if let fans {
            let data =
                fans == "-"
                ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: fans)
            guard let data else { throw StartError("The file \(fans) cannot be read.") }
            words += String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
        }
        var ids: [UserID] = []
        var seen: Set<UserID> = []
        for word in words {
            guard let id = UserID(word) else { throw StartError("\(word) is not an id.") }
            if seen.insert(id).inserted { ids.append(id) }
        }
        return ids
    }
}

/// SHA-256, as the draw wants it.
@Sendable private func sha256(_ message: [UInt8]) -> Domain.Digest {
    guard let digest = Crypto.SHA256.hash(data: message).withUnsafeBytes({ Domain.Digest(bytes: $0) }) else {
        preconditionFailure("SHA-256 has 32 bytes")
    }
    return digest
}

extension Domain.Digest {
    fileprivate var hexText: String { withBytes { Array($0) }.hexText }

    /// Lots are spread evenly, so the share of all possible lots below this one is about the share of the fans who
    /// come before: with n fans, give or take √n of them.
    fileprivate var percentBefore: String {
        let hundredths = Int((Double(words.0) / 0x1p64 * 10_000).rounded(.down))
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
