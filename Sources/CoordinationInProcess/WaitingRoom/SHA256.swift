import Crypto
import Domain

/// SHA-256, as the draw wants it.
func sha256(_ message: [UInt8]) -> Domain.Digest {
    let hash = SHA256.hash(data: message)
    guard let digest = hash.withUnsafeBytes({ Domain.Digest(bytes: $0) }) else {
        preconditionFailure("SHA-256 has 32 bytes")
    }
    return digest
}
