import ControlPlane
import Foundation
import Testing

@Suite struct PoolPasswdTests {
    private let hash = "md5" + String(repeating: "0a", count: 16)

    private func parse(_ text: String) -> (PoolPasswd, [String]) {
        let (passwords, problems) = PoolPasswd.parse(Array(text.utf8), file: "/p")
        return (passwords, problems.map(\.description))
    }

    @Test func `secrets in every form`() {
        let verifier = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy"
        let (passwords, problems) = parse(
            "plain:secret\ntext:TEXTse\\:cr\\et:x:y\nmd5:\(hash)\nscram:\(verifier)\nshort:md5abc\r\nblank: x \n\n# note\n#user:x\nlast:é"
        )
        #expect(problems.isEmpty)
        #expect(passwords.secret(of: "plain") == .plain("secret"))
        #expect(passwords.secret(of: "text") == .plain("se:cret"))
        #expect(passwords.secret(of: "md5") == .md5(hash))
        #expect(passwords.secret(of: "scram") == .scram(verifier: verifier))
        #expect(passwords.secret(of: "short") == .plain("md5abc"))
        #expect(passwords.secret(of: "blank") == .plain(" x "))
        #expect(passwords.secret(of: "last") == .plain("é"))
        #expect(passwords.secret(of: "#user") == .plain("x"))
        #expect(passwords.secret(of: "Plain") == nil)
        #expect(passwords.users.count == 8)
    }

    @Test func `further fields after a hash are not part of it`() {
        #expect(parse("u:\(hash):other:\(hash)").0.secret(of: "u") == .md5(hash))
    }

    @Test func `an AES secret is kept with a warning`() {
        let (passwords, problems) = parse("u:AESAAAAAAAAAAAAAAAAAAAAAA==")
        #expect(passwords.secret(of: "u") == .aes(base64: "AAAAAAAAAAAAAAAAAAAAAA=="))
        #expect(problems == ["/p:1: the secret is encrypted with AES, which cannot be used yet"])
    }

    @Test func `broken lines are named without their text`() {
        let (passwords, problems) = parse("nothing\n:x\nu:\nv:AES!!\nw:TEXT\nok:1\nok:2\nz:\0")
        #expect(
            problems == [
                "/p:1: the line is ignored, as it has no colon between user and secret",
                "/p:2: the line is ignored, as it names no user",
                "/p:3: the line is ignored, as its secret is empty",
                "/p:4: the line is ignored, as its secret is malformed",
                "/p:5: the line is ignored, as its secret is malformed",
                "/p:7: an earlier line for this user counts",
                "/p:8: the line is ignored, as it has bytes that are not text",
            ])
        #expect(passwords.users == ["ok"])
        #expect(passwords.secret(of: "ok") == .plain("1"))
    }

    @Test func `secrets print as stars`() {
        let secret = PoolPasswd.Secret.plain("hidden")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("hidden"))
        let (passwords, _) = parse("u:hidden")
        dump(passwords, to: &dumped)
        #expect(!"\(passwords) \(dumped)".contains("hidden"))
    }

    @Test func `a file that others may read is warned about`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("u:x\n", to: "pool_passwd")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(PoolPasswd.load(path: path).1.isEmpty)
        #expect(PoolPasswd.load(path: path).0.secret(of: "u") == .plain("x"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let problems = PoolPasswd.load(path: path).1.map(\.description)
        #expect(problems == ["\(path): other users of this machine have access to the secrets"])
        let missing = PoolPasswd.load(path: path + "x").1.map(\.description)
        #expect(missing == ["\(path)x: the secrets of users cannot be read: no such file"])
    }

    @Test func `noise neither crashes nor hangs`() {
        var generator = SplitMix(state: 3)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...80, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let (passwords, problems) = PoolPasswd.parse(bytes, file: "/p")
            #expect(passwords.users.count + problems.count <= 2 * (bytes.count { $0 == 0x0A } + 1))
        }
    }
}
