internal import COpenSSL

/// Hashes and what is built of them, from OpenSSL's libcrypto.
package enum Digest {
    package static func md5(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_md5(), size: 16) }

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha256(), size: 32) }

    package static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let result = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &output, &length)
        precondition(result != nil && length == 32, "HMAC-SHA-256 is part of every libcrypto")
        return output
    }

    /// PBKDF2 with HMAC-SHA-256, RFC 8018; SCRAM's Hi().
    /// - Parameters:
    ///   - iterations: 1 or more; some thousand take a millisecond.
    package static func pbkdf2SHA256(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 32)
        let result = password.withUnsafeBytes { raw in
            PKCS5_PBKDF2_HMAC(
                raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count), salt,
                Int32(salt.count), Int32(clamping: iterations), EVP_sha256(), 32, &output)
        }
        precondition(result == 1, "PBKDF2 fails only for bad arguments")
        return output
    }

    /// Compares in a time that does not depend on where the two differ.
    package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    private static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?, size: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: size)
        var length: UInt32 = 0
        let result = EVP_Digest(bytes, bytes.count, &output, &length, algorithm, nil)
        precondition(result == 1 && Int(length) == size, "a build of libcrypto without this hash")
        return output
    }
}

/// Random bytes for salts, nonces and cancel keys, from OpenSSL's generator.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&output, Int32(count)) == 1, "no entropy: every key would be guessable")
        return output
    }

    package static func uint64() -> UInt64 {
        bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Base64 as SCRAM uses it, RFC 4648 without line breaks.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        var output = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&output, bytes, Int32(bytes.count))
        return String(decoding: output.prefix(Int(count)), as: UTF8.self)
    }

    /// nil unless the text is canonical base64.
    package static func decode(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0, bytes.count <= 4_096 else { return nil }
        guard !bytes.isEmpty else { return [] }
        var output = [UInt8](repeating: 0, count: bytes.count / 4 * 3)
        guard EVP_DecodeBlock(&output, bytes, Int32(bytes.count)) >= 0 else { return nil }
        let padding = bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
        output.removeLast(padding)
        // OpenSSL skips blanks at both ends and takes '=' where it should not: a round trip shows it.
        return encode(output) == text ? output : nil
    }
}
