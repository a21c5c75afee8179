internal import Foundation
internal import Ports

/// Writes out what was printed, also when standard output is a file or a pipe.
func flushOutput() {
    fflush(nil)
}

/// Ends the program with one clear line instead of a trace.
enum Complaint {
    static func orExit(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as SettingError {
            quit(error.description)
        } catch let error as StartError {
            quit(error.description)
        } catch let error as Fault {
            quit(error.reason)
        }
    }

    private static func quit(_ text: String) -> Never {
        flushOutput()
        for line in text.split(separator: "\n") { FileHandle.standardError.write(Data("jari: \(line)\n".utf8)) }
        exit(1)
    }
}
