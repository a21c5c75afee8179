internal import CQrencode

/// A QR code, encoded by libqrencode: what the API draws and what mails carry is the same code.
public struct QRCode {
    /// Light modules around the code, as the standard asks for.
    private static let quietZone = 4

    /// Modules on a side, the light ones around it included.
    let size: Int
    private let width: Int
    private let isDark: [Bool]
    private let text: String

    /// - Parameter text: ASCII of at most a few hundred characters.
    public init(_ text: String) {
        guard let code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1) else {
            preconditionFailure("a ticket's code does not fit a QR code")
        }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        self.width = width
        self.text = text
        size = width + 2 * Self.quietZone
        isDark = (0..<width * width).map { code.pointee.data[$0] & 1 == 1 }
    }

    /// Whether the module is dark; those around the code are light.
    func isDark(x: Int, y: Int) -> Bool {
        let (column, row) = (x - Self.quietZone, y - Self.quietZone)
        guard (0..<width).contains(column), (0..<width).contains(row) else { return false }
        return isDark[row * width + column]
    }

    public var svg: String {
        var path = ""
        for y in 0..<size {
            var x = 0
            while x < size {
                guard isDark(x: x, y: y) else {
                    x += 1
                    continue
                }
                let start = x
                while x < size, isDark(x: x, y: y) { x += 1 }
                path += "M\(start) \(y)h\(x - start)v1h-\(x - start)z"
            }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size) \(size)" shape-rendering="crispEdges" role="img">\
            <title>\(text)</title><rect width="\(size)" height="\(size)" fill="#fff"/><path d="\(path)" fill="#000"/></svg>
            """
    }
}
