import Foundation
import NIOSSL

/// A certificate for one host, made with openssl, and clients that trust it alone.
struct TestAuthority {
    struct Failed: Error {}

    let server: NIOSSLContext
    let client: TLSConfiguration
    private let folder: URL

    init(host: String) throws {
        folder = URL.temporaryDirectory.appending(path: "jari-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (key, certificate) = (folder.appending(path: "key.pem").path(), folder.appending(path: "cert.pem").path())
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", key, "-out", certificate, "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw Failed() }
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        server = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.trustRoots = .certificates(chain)
        client = trusting
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}
