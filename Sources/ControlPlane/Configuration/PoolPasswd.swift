import Foundation

/// The secrets of users, from a file with a line `user:secret` for each.
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
        var line = line
        while let last = line.last, last == 0x0D { line.removeLast() }
        guard let first = line.first, first != UInt8(ascii: "#") else { return nil }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw LineProblem(reason: "the line is ignored, as it has no colon between user and secret")
        }
        guard !line.contains(0),
            let user = String(validating: line[..<colon], as: UTF8.self),
            let text = String(validating: line[(colon + 1)...], as: UTF8.self)
        else { throw LineProblem(reason: "the line is ignored, as it has bytes that are not text") }
        guard !user.isEmpty else { throw LineProblem(reason: "the line is ignored, as it names no user") }
        guard !text.isEmpty else { throw LineProblem(reason: "the line is ignored, as its secret is empty") }
        guard let secret = Secret(entry: text) else {
            throw LineProblem(reason: "the line is ignored, as its secret is malformed")
        }
        return (user, secret)
    }
}

extension PoolPasswd.Secret {
    /// A secret as pool_passwd has it. After an md5 hash or an encrypted password further fields may follow, which
    /// pgpool-II has never used.
    init?(entry text: String) {
        let field = text.prefix { $0 != ":" }
        if Self.isMD5(field) {
            self = .md5(field.lowercased())
        } else if text.hasPrefix("SCRAM-SHA-256$") {
            self = .scram(verifier: text)
        } else if text.hasPrefix("AES"), let base64 = Self.base64(field.dropFirst(3)) {
            self = .aes(base64: base64)
        } else if text.hasPrefix("AES") {
            return nil
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

    private static func isMD5(_ text: Substring) -> Bool {
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
