internal import Foundation
internal import TLS

/// `pcp.conf`: the users of PCP, a line `user:hash` for each, the hash being the MD5 of the password in hexadecimal.
/// Several lines for one user all count. What is no such line is skipped, as in pgpool-II.
package struct PCPPasswordFile: Sendable {
    /// Longest file that is read, in bytes.
    private static let sizeLimit = 1 << 20
    private static let hashLength = 32

    private var hashes: [String: [[UInt8]]] = [:]

    package init(_ bytes: [UInt8]) {
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) where line.first != UInt8(ascii: "#") {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { continue }
            let digits = line[(colon + 1)...].prefix { $0 != UInt8(ascii: ":") && $0 > 0x20 }
            let hash = Array(String(decoding: digits, as: UTF8.self).lowercased().utf8)
            guard hash.count == Self.hashLength, hash.allSatisfy(Self.isHexadecimal) else { continue }
            hashes[String(decoding: line[..<colon], as: UTF8.self), default: []].append(hash)
        }
    }

    /// Why nobody can log in.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package static func load(path: String) throws(Failure) -> PCPPasswordFile {
        let bytes: [UInt8]
        do {
            bytes = try ConfigurationReader.contents(of: path, limit: sizeLimit)
        } catch {
            throw Failure(description: "\(path) cannot be read: \(error.reason)")
        }
        guard bytes.count <= sizeLimit else {
            throw Failure(description: "\(path) is larger than \(sizeLimit) bytes")
        }
        return PCPPasswordFile(bytes)
    }

    package var isEmpty: Bool { hashes.isEmpty }

    /// Whether a client knows the password of its user. Takes as long for a user that does not exist.
    package func accepts(_ credentials: PCPCredentials, salt: [UInt8]) -> Bool {
        let given = Array(credentials.digest.utf8)
        var isRight = false
        for hash in hashes[credentials.user] ?? [SecureRandom.bytes(Self.hashLength)] {
            let expected = Self.digest(hash: hash, user: credentials.user, salt: salt)
            if Digest.isEqual(expected, given) { isRight = true }
        }
        return isRight
    }

    /// What a client sends that knows the password.
    /// - Parameter hash: of the password, in hexadecimal digits.
    package static func digest(hash: [UInt8], user: String, salt: [UInt8]) -> [UInt8] {
        hexadecimal(Digest.md5(hexadecimal(Digest.md5(hash + Array(user.utf8))) + salt))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    private static func isHexadecimal(_ digit: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit)
    }
}
