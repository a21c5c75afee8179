internal import CZlib

extension QRCode {
    /// The code as a PNG of one bit a pixel: what every mail program shows, as few of them show SVG.
    ///
    /// - Parameter pixels: The side of a module: 1 or more.
    public func png(pixelsPerModule pixels: Int) -> [UInt8] {
        precondition(pixels >= 1, "a module without pixels")
        let side = size * pixels
        var rows: [UInt8] = []
        rows.reserveCapacity(side * (side / 8 + 2))
        for y in 0..<size {
            // Filter 0: the bytes as they are. A light pixel is 1.
            var row: [UInt8] = [0] + [UInt8](repeating: 0, count: (side + 7) / 8)
            for x in 0..<side where !isDark(x: x / pixels, y: y) { row[1 + x / 8] |= 0x80 >> UInt8(x % 8) }
            for _ in 0..<pixels { rows += row }
        }
        var header = bytes(of: UInt32(side)) + bytes(of: UInt32(side))
        // One bit a pixel, grey, and the standard's only compression, filters and order of rows.
        header += [1, 0, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", compressed(rows)) + chunk("IEND", [])
    }
}

/// A length, four letters, the data, and a checksum of the letters and the data.
private func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + data
    let checksum = crc32(0, body, UInt32(body.count))
    return bytes(of: UInt32(data.count)) + body + bytes(of: UInt32(truncatingIfNeeded: checksum))
}

private func compressed(_ data: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(data.count))
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
        guard compress2(buffer.baseAddress, &count, data, UInt(data.count), 9) == Z_OK else {
            preconditionFailure("zlib has no memory left")
        }
        initialized = Int(count)
    }
    return bytes
}

/// Most significant byte first.
private func bytes(of number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}
