internal import ArgumentParser
internal import Domain
internal import HTTPAPI

/// `jari verify-ticket`.
struct VerifyTicket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-ticket",
        abstract: "Check a ticket's signature without a server. / 서버 없이 티켓의 서명을 확인합니다.",
        discussion: """
            A good signature says that the ticket was issued for its date. That it was not refunded or used, only \
            POST /checkins knows. Exits with 2 when it is forged.
            """)

    @Argument(help: "What the QR says: CODE.DATE.SIGNATURE.")
    var ticket: String

    @Option(
        name: .customLong("public-key"), help: "64 hexadecimal digits, from GET /api/v1/ticket-keys; may be repeated.")
    var publicKeys: [String]

    func run() async throws {
        try await Complaint.orExit {
            let keys = try publicKeys.map { text in
                guard let key = [UInt8](hexadecimal: text), key.count == 32 else {
                    throw StartError("--public-key must have 64 hexadecimal digits.")
                }
                return key
            }
            guard !keys.isEmpty else { throw StartError("--public-key is missing.") }
            guard let (code, date) = TicketSigner.verify(ticket, with: keys) else {
                print("FORGED or not whole")
                flushOutput()
                throw ExitCode(2)
            }
            print("GOOD  ticket \(code.ticketID)  date \(date)")
        }
    }
}
