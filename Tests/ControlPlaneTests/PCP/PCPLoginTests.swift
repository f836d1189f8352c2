import ControlPlane
import Foundation
import Testing

/// `pcp.conf` and the throttle.
@Suite struct PCPLoginTests {
    /// md5("secret") and md5("other").
    private static let secret = "5ebe2294ecd0e0f08eab7690d2a6ee69"
    private static let other = "795f3202b17cb6bc3d4b771d8c6c9eaf"
    private static let salt: [UInt8] = [0x01, 0x00, 0xFE, 0x7F]

    private static func digest(_ hash: String, _ user: String) -> String {
        String(decoding: PCPPasswordFile.digest(hash: Array(hash.utf8), user: user, salt: salt), as: UTF8.self)
    }

    @Test("The digest is what pgpool's clients compute")
    func digest() {
        // Computed with Python's hashlib.
        #expect(Self.digest(Self.secret, "ann") == "7763620f37a34bfe1fe6d167ff52c2a8")
    }

    @Test("Lines of pcp.conf: comments, blanks, several for a user, other line ends, nonsense")
    func file() {
        let text = """
            # a comment
            #ann:\(Self.other)

            ann:\(Self.secret)\r
            ann:\(Self.other.uppercased())
            bob:secret
            :\(Self.secret)
            carl \(Self.secret)
            dora:\(Self.secret):more
            """
        let file = PCPPasswordFile(Array(text.utf8) + [0xFF, 0xFE, 0x0A])
        func accepts(_ user: String, _ hash: String) -> Bool {
            file.accepts(PCPCredentials(user: user, digest: Self.digest(hash, user)), salt: Self.salt)
        }
        #expect(accepts("ann", Self.secret))
        #expect(accepts("ann", Self.other))
        #expect(accepts("dora", Self.secret))
        #expect(!accepts("dora", Self.other))
        for user in ["bob", "", "carl", "eve", "Ann"] { #expect(!accepts(user, Self.secret), "\(user)") }
        let right = Self.digest(Self.secret, "ann")
        for digest in ["", "x", String(right.dropLast()), right + "0", right.uppercased(), Self.secret] {
            #expect(!file.accepts(PCPCredentials(user: "ann", digest: digest), salt: Self.salt), "\(digest)")
        }
        #expect(!file.accepts(PCPCredentials(user: "ann", digest: right), salt: [9, 9, 9, 9]))
        #expect(!file.isEmpty)
        #expect(PCPPasswordFile(Array("# nobody\n".utf8)).isEmpty)
        #expect(PCPPasswordFile([]).isEmpty)
    }

    @Test("The sample lets nobody in until its line is uncommented")
    func sample() throws {
        let sample = try RepositoryFiles.read("conf/pcp.conf")
        #expect(PCPPasswordFile(Array(sample.utf8)).isEmpty)
        let file = PCPPasswordFile(Array(sample.replacing("#admin", with: "admin").utf8))
        let credentials = PCPCredentials(user: "admin", digest: Self.digest(Self.secret, "admin"))
        #expect(file.accepts(credentials, salt: Self.salt))
    }

    @Test("A file that is missing says so")
    func missing() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: PCPPasswordFile.Failure.self) { try PCPPasswordFile.load(path: directory.file("pcp.conf")) }
        try Data("ann:\(Self.secret)\n".utf8).write(to: URL(fileURLWithPath: directory.file("pcp.conf")))
        let file = try PCPPasswordFile.load(path: directory.file("pcp.conf"))
        #expect(!file.isEmpty)
    }

    @Test("Four failures are free, then the wait doubles up to a minute")
    func waits() {
        var throttle = PCPLoginThrottle()
        var now = Duration.zero
        var waits: [Duration?] = []
        for _ in 0..<14 {
            #expect(throttle.wait(of: "10.0.0.1", now: now) == nil)
            let wait = throttle.failed("10.0.0.1", now: now)
            #expect(throttle.wait(of: "10.0.0.1", now: now) == wait)
            #expect(throttle.wait(of: "10.0.0.2", now: now) == nil)
            waits.append(wait)
            now += wait ?? .milliseconds(10)
        }
        let seconds = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map { Duration.seconds($0) }
        #expect(waits == [nil, nil, nil, nil] + seconds.map { $0 as Duration? })
    }

    @Test("A quiet spell is forgiven, and memory is bounded")
    func forgets() {
        var throttle = PCPLoginThrottle()
        for _ in 0..<6 { _ = throttle.failed("a", now: .seconds(1)) }
        #expect(throttle.wait(of: "a", now: .seconds(2)) == .seconds(1))
        #expect(throttle.failed("a", now: .seconds(200)) == nil)
        for number in 0..<5_000 { _ = throttle.failed("\(number)", now: .seconds(300) + .milliseconds(number)) }
        #expect(throttle.peerCount <= PCPLoginThrottle.peersMax)
        for _ in 0..<5 { _ = throttle.failed("4999", now: .seconds(306)) }
        #expect(throttle.wait(of: "4999", now: .seconds(306)) != nil)
    }
}
