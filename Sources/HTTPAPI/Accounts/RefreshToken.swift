internal import Crypto
internal import Domain
internal import Ports

/// The session's id, 32 secret bytes and a seal of 32 bytes over both.
///
/// The secret is what is good once. The seal tells a token that this server made, however old, from a guess: the store
/// keeps the newest secret's hash only, and any other would look like a former one that somebody copied.
struct RefreshToken: Hashable {
    private static let secretLength = 32
    private static let sealLength = 32

    let sessionID: ID<Session>
    let secret: [UInt8]

    /// What the store keeps instead of the token.
    var hash: [UInt8] { Array(SHA256.hash(data: secret)) }

    /// What the seal is over.
    var sealed: [UInt8] { sessionID.withBytes { Array($0) } + secret }

    func text(seal: [UInt8]) -> String {
        let bytes = secret + seal
        return sessionID.description + "."
            + String(decoding: bytes.withUnsafeBytes { Base64URL.encode($0) }, as: UTF8.self)
    }

    /// The parts of a text that has the form of a token. Whether the seal is right is not looked at.
    static func read(_ text: String) -> (token: RefreshToken, seal: [UInt8])? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = ID<Session>(parts[0]), let bytes = Base64URL.decode(String(parts[1])),
            bytes.count == secretLength + sealLength
        else { return nil }
        return (
            RefreshToken(sessionID: id, secret: Array(bytes.prefix(secretLength))), Array(bytes.suffix(sealLength))
        )
    }
}
