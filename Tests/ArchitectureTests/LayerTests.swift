import Foundation
import Testing

/// The arrows between layers, as DESIGN section 3 draws them. Package.swift lets the compiler guard them; this test
/// guards Package.swift: whoever adds an arrow has to add it here too, and say why.
private let allowedLayers: [String: Set<String>] = [
    "Domain": [],
    "Ports": ["Domain"],
    "Engine": ["Domain", "Ports"],
    "StoreSQLite": ["Domain", "Ports"],
    "StorePostgres": ["Domain", "Ports"],
    "CoordinationInProcess": ["Domain", "Ports"],
    "CoordinationRedis": ["Domain", "Ports"],
    "EventsInProcess": ["Domain", "Ports"],
    "EventsKafka": ["Domain", "Ports"],
    "GatewayToss": ["Domain", "Ports"],
    "GatewaySandbox": ["Domain", "Ports"],
    "QRCodes": [],
    "Mail": ["Domain", "Ports", "QRCodes"],
    "WebhooksHTTP": ["Domain", "Ports"],
    "HTTPAPI": ["Domain", "Ports", "Engine", "QRCodes"],
    "Jari": [
        "Domain", "Ports", "Engine", "StoreSQLite", "StorePostgres", "CoordinationInProcess", "CoordinationRedis",
        "EventsInProcess", "EventsKafka", "HTTPAPI", "Mail", "WebhooksHTTP",
        "GatewayToss", "GatewaySandbox",
    ],
]

/// What only some layers may know about.
private let onlyKnownTo: [String: Set<String>] = [
    "GRDB": ["StoreSQLite"],
    "GRDBSQLite": ["StoreSQLite"],
    "CLibpq": ["StorePostgres"],
    "Hummingbird": ["HTTPAPI", "GatewaySandbox", "Jari"],
    "HummingbirdCore": ["HTTPAPI"],
    "JWTKit": ["HTTPAPI"],
    "CArgon2": ["HTTPAPI"],
    "CQrencode": ["QRCodes"],
    "CZlib": ["HTTPAPI", "QRCodes"],
    "CCurl": ["Mail"],
    "Mustache": ["Mail"],
    "CHiredis": ["CoordinationRedis"],
    "CSQLiteSettings": ["StoreSQLite"],
    "CRdkafka": ["EventsKafka"],
    "AsyncHTTPClient": ["GatewayToss", "GatewaySandbox", "WebhooksHTTP", "Jari"],
    "Configuration": ["Jari"],
    "ArgumentParser": ["Jari"],
    // Gateways read and write other people's JSON, a few times a second at most: there Foundation's coders are worth
    // more than their speed. Where there are no essentials, all of Foundation stands in for them.
    "FoundationEssentials": ["GatewayToss", "GatewaySandbox"],
    "Foundation": ["Jari", "GatewayToss", "GatewaySandbox"],
]

private let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

/// The modules that each file of a target imports.
private func imports(of target: String) throws -> [(file: String, module: String)] {
    let folder = sources.appending(path: target)
    guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else { return [] }
    var imports: [(String, String)] = []
    for case let file as URL in files where file.pathExtension == "swift" {
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else { continue }
            imports.append((file.lastPathComponent, String(words[index + 1])))
        }
    }
    return imports
}

@Suite("The layers")
struct LayerTests {
    @Test("Arrows between layers point inward only", arguments: allowedLayers.keys.sorted())
    func arrows(layer: String) throws {
        let imports = try imports(of: layer)
        #expect(!imports.isEmpty || layer == "Domain", "no imports found: has \(layer) moved?")
        let allowed = allowedLayers[layer] ?? []
        for (file, module) in imports where allowedLayers.keys.contains(module) {
            #expect(allowed.contains(module), "\(layer)/\(file) imports \(module)")
        }
    }

    @Test("What a layer hides, no other layer imports", arguments: allowedLayers.keys.sorted())
    func hidden(layer: String) throws {
        for (file, module) in try imports(of: layer) {
            guard let knowing = onlyKnownTo[module] else { continue }
            #expect(knowing.contains(layer), "\(layer)/\(file) imports \(module)")
        }
    }

    @Test("The domain imports nothing but the C library's sines")
    func domainIsPure() throws {
        for (file, module) in try imports(of: "Domain") {
            #expect(["Glibc", "Musl", "Darwin"].contains(module), "Domain/\(file) imports \(module)")
            #expect(file == "LayoutGeometry.swift", "only the geometry needs the C library, not \(file)")
        }
    }

    @Test("Every folder of Sources is a layer or a system library")
    func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        for folder in folders where !folder.hasPrefix(".") {
            let isKnown = allowedLayers.keys.contains(folder) || folder.hasPrefix("C")
            #expect(isKnown, "\(folder) is not in the graph of this test")
        }
    }
}
