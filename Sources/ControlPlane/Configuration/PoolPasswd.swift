import Foundation

/// The secrets of users, from a file with a line `user:secret` for each. Further fields, which pgpool-II has never used,
/// are ignored.
package struct PoolPasswd: Sendable {
    /// What is known of a user's password. It prints as stars, so that no log shows it by accident.
    package enum Secret: Sendable, Equatable {
        case plain(String)
        /// `md5` and 32 hexadecimal digits: the hash of password and user name.
        case md5(String)
        /// The password encrypted with the key of a .pgpoolkey file, in base64.
        case aes(base64: String)
        /// PostgreSQL's form of a SCRAM-SHA-256 secret, from its `SCRAM-SHA-256$` on.
        case scram(verifier: String)
    }

    /// Longest file that is read, in bytes.
    package static let sizeLimit = 16 << 20

    private var secrets: [String: Secret] = [:]

    /// No users.
    package init() {}

    package var users: [String] { secrets.keys.sorted() }

    /// The user's secret; names are compared byte by byte, as in PostgreSQL.
    package func secret(of user: String) -> Secret? { secrets[user] }

    /// Reads a file. One that is missing or unreadable gives no users and a warning; so does one that others may read.
    package static func load(path: String) -> (PoolPasswd, [ConfigurationProblem]) {
        let bytes: [UInt8]
        do {
            bytes = try ConfigurationReader.contents(of: path, limit: sizeLimit)
        } catch {
            let message = "the secrets of users cannot be read: \(error.reason)"
            return (PoolPasswd(), [ConfigurationProblem(.warning, file: path, message)])
        }
        guard bytes.count <= sizeLimit else {
            let problem = ConfigurationProblem(.warning, file: path, "the file is larger than \(sizeLimit) bytes")
            return (PoolPasswd(), [problem])
        }
        var (passwords, problems) = parse(bytes, file: path)
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        if let mode = attributes?[.posixPermissions] as? Int, mode & 0o007 != 0 {
            problems.insert(
                ConfigurationProblem(.warning, file: path, "other users of this machine have access to the secrets"),
                at: 0)
        }
        return (passwords, problems)
    }

    /// Reads the lines of a file. Of several lines for a user the first one counts, as in pgpool-II. Problems never
    /// repeat what a line says.
    package static func parse(_ bytes: [UInt8], file: String) -> (PoolPasswd, [ConfigurationProblem]) {
        var passwords = PoolPasswd()
        var problems: [ConfigurationProblem] = []
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do throws(LineProblem) {
                guard let (user, secret) = try entry(line) else { continue }
                if passwords.secrets[user] != nil { throw LineProblem(reason: "an earlier line for this user counts") }
                passwords.secrets[user] = secret
                if case .aes = secret {
                    throw LineProblem(reason: "the secret is encrypted with AES, which cannot be used yet")
                }
            } catch {
                problems.append(ConfigurationProblem(.warning, file: file, line: index + 1, error.reason))
            }
        }
        return (passwords, problems)
    }

    private struct LineProblem: Error {
        let reason: String
    }

    private static func entry(_ line: ArraySlice<UInt8>) throws(LineProblem) -> (user: String, secret: Secret)? {
        var rest = line
        while let last = rest.last, last == 0x0D { rest.removeLast() }
        guard let first = rest.first else { return nil }
        let name = field(&rest)
        guard name.hasEnd else {
            // pgpool-II has no comments here, but a line without a colon means nothing to it.
            if first == UInt8(ascii: "#") { return nil }
            throw LineProblem(reason: "the line is ignored, as it has no colon between user and secret")
        }
        // A SCRAM verifier has colons of its own, and no backslash.
        let verifier = rest.starts(with: Array("SCRAM-SHA-256$".utf8)) ? rest : nil
        let secretField = verifier ?? field(&rest).bytes[...]
        guard !name.bytes.contains(0), !secretField.contains(0),
            let user = String(validating: name.bytes, as: UTF8.self),
            let text = String(validating: secretField, as: UTF8.self)
        else { throw LineProblem(reason: "the line is ignored, as it has bytes that are not text") }
        guard !user.isEmpty else { throw LineProblem(reason: "the line is ignored, as it names no user") }
        guard !text.isEmpty else { throw LineProblem(reason: "the line is ignored, as its secret is empty") }
        guard let secret = Secret(entry: text) else {
            throw LineProblem(reason: "the line is ignored, as its secret is malformed")
        }
        return (user, secret)
    }

    /// Takes a field and the colon that ends it off a line. A backslash makes the next byte, a colon for one, part of
    /// the field.
    private static func field(_ rest: inout ArraySlice<UInt8>) -> (bytes: [UInt8], hasEnd: Bool) {
        var bytes: [UInt8] = []
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: ":") { return (bytes, true) }
            if byte == UInt8(ascii: "\\") {
                guard let next = rest.popFirst() else { break }
                byte = next
            }
            bytes.append(byte)
        }
        return (bytes, false)
    }
}

extension PoolPasswd.Secret {
    /// A secret as pool_passwd has it.
    init?(entry text: String) {
        if Self.isMD5(text) {
            self = .md5(text.lowercased())
        } else if text.hasPrefix("SCRAM-SHA-256$") {
            self = .scram(verifier: text)
        } else if text.hasPrefix("AES") {
            guard let base64 = Self.base64(text.dropFirst(3)) else { return nil }
            self = .aes(base64: base64)
        } else if text.hasPrefix("TEXT") {
            let password = text.dropFirst(4)
            if password.isEmpty { return nil }
            self = .plain(String(password))
        } else {
            self = .plain(text)
        }
    }

    /// A password parameter of the configuration, where a hash would be of no use and counts as the password itself.
    init(parameter text: String) {
        if text.hasPrefix("TEXT") {
            self = .plain(String(text.dropFirst(4)))
        } else if text.hasPrefix("AES"), let base64 = Self.base64(text.dropFirst(3)) {
            self = .aes(base64: base64)
        } else {
            self = .plain(text)
        }
    }

    private static func isMD5(_ text: String) -> Bool {
        text.utf8.count == 35 && text.hasPrefix("md5") && text.dropFirst(3).allSatisfy(\.isHexDigit)
    }

    /// The text, if it is base64 of whole AES blocks.
    private static func base64(_ text: Substring) -> String? {
        guard let data = Data(base64Encoded: String(text)), !data.isEmpty, data.count % 16 == 0 else { return nil }
        return String(text)
    }
}

extension PoolPasswd.Secret: CustomStringConvertible, CustomReflectable {
    package var description: String { "*****" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
