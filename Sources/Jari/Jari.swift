internal import ArgumentParser

/// The program: `jari serve` and what helps to run it.
@main
struct Jari: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jari",
        abstract: "Sells reserved seats for concerts. / 공연 좌석 예매 서버.",
        discussion: "Settings come from JARI_… environment variables and, if JARI_CONFIG names one, a file of them; "
            + "`jari config` shows them all.",
        subcommands: [
            Serve.self, Migrate.self, Seed.self, Audit.self, VerifyDraw.self, VerifyTicket.self, Reconcile.self,
            SandboxGatewayCommand.self, Config.self,
        ],
        defaultSubcommand: Serve.self)
}
