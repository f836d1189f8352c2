import ProxyCore
import Testing

/// The example is that of RFC 7677, section 3.
@Suite struct ScramMessageTests {
    private static let clientNonce = "rOprNGfwEbeRWgbNEkqO"
    private static let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    private static let salt = "W22ZaJ0SNY7soEsUEjb6gQ=="

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `the first message of the RFC's client is read`() throws {
        let first = try #require(ScramMessage.ClientFirst(Self.bytes("n,,n=user,r=\(Self.clientNonce)")))
        #expect(first.header == "n,,")
        #expect(first.bare == "n=user,r=\(Self.clientNonce)")
        #expect(first.nonce == Self.clientNonce)
        #expect(first.text == "n,,n=user,r=\(Self.clientNonce)")
    }

    @Test func `our own first message is one that we would take`() {
        let first = ScramMessage.ClientFirst(nonce: "abc")
        #expect(first.text == "n,,n=,r=abc")
        #expect(ScramMessage.ClientFirst(Self.bytes(first.text)) == first)
    }

    @Test func `a client that could bind the channel and an extension at the end are taken`() {
        #expect(ScramMessage.ClientFirst(Self.bytes("y,,n=,r=abc"))?.header == "y,,")
        let extended = ScramMessage.ClientFirst(Self.bytes("n,,n=,r=abc,x=1"))
        #expect(extended?.nonce == "abc")
        #expect(extended?.bare == "n=,r=abc,x=1")
    }

    @Test(arguments: [
        "", "n", "n,", "n,,", "n,,n=", "n,,n=,", "n,,n=,r=", "n,,r=abc", "n,,n=,x=1,r=abc", "n,,m=1,n=,r=abc",
        "n,a=admin,n=,r=abc", "p=tls-server-end-point,,n=,r=abc", "p=tls-unique,,n=,r=abc", "x,,n=,r=abc",
        ",,n=,r=abc", "n,,n,r=abc", "n,,n=,rabc", "n,,n=,R=abc", " n,,n=,r=abc",
    ])
    func `a malformed first message is refused`(text: String) {
        #expect(ScramMessage.ClientFirst(Self.bytes(text)) == nil)
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(ScramMessage.ClientFirst(Self.bytes("n,,n=,r=a") + [0xFF]) == nil)
        #expect(ScramMessage.ServerFirst(Self.bytes("r=a,s=b,i=1") + [0xFF]) == nil)
        #expect(ScramMessage.ClientFinal(Self.bytes("c=a,r=b,p=c") + [0xFF]) == nil)
        #expect(ScramMessage.serverSignature(Self.bytes("v=a") + [0xFF]) == nil)
    }

    @Test(arguments: [ScramMessage.attributeLengthMax, ScramMessage.attributeLengthMax + 1])
    func `a nonce has a limit`(length: Int) {
        let nonce = String(repeating: "x", count: length)
        let isAllowed = length <= ScramMessage.attributeLengthMax
        #expect((ScramMessage.ClientFirst(Self.bytes("n,,n=,r=\(nonce)")) != nil) == isAllowed)
        #expect((ScramMessage.ServerFirst(Self.bytes("r=\(nonce),s=c2FsdA==,i=1")) != nil) == isAllowed)
        #expect((ScramMessage.ServerFirst(Self.bytes("r=a,s=\(nonce),i=1")) != nil) == isAllowed)
        #expect((ScramMessage.ClientFinal(Self.bytes("c=biws,r=\(nonce),p=x")) != nil) == isAllowed)
        #expect((ScramMessage.serverSignature(Self.bytes("v=\(nonce)")) != nil) == isAllowed)
    }

    @Test func `the challenge of the RFC's server is read and written`() throws {
        let text = "r=\(Self.nonce),s=\(Self.salt),i=4096"
        let first = try #require(ScramMessage.ServerFirst(Self.bytes(text)))
        #expect(first.nonce == Self.nonce)
        #expect(first.salt == Self.salt)
        #expect(first.iterations == 4_096)
        #expect(first.text == text)
    }

    @Test(arguments: ["r=a,s=b,i=4096,x=1", "r=a,s=b,i=04096"])
    func `a challenge is signed as it was sent`(text: String) {
        #expect(ScramMessage.ServerFirst(Self.bytes(text))?.text == text)
        #expect(ScramMessage.ServerFirst(Self.bytes(text))?.iterations == 4_096)
    }

    @Test(arguments: [
        ("1", true), ("4096", true), ("1000000", true), ("1000001", false), ("0", false), ("-1", false), ("", false),
        ("2147483648", false), ("99999999999999999999", false), ("4096.0", false), ("0x10", false), (" 1", false),
    ])
    func `the iterations have limits, since they are work that somebody else orders`(count: String, isTaken: Bool) {
        #expect((ScramMessage.ServerFirst(Self.bytes("r=a,s=b,i=\(count)")) != nil) == isTaken)
    }

    @Test(arguments: [
        "", "r=a", "r=a,s=b", "s=b,r=a,i=1", "r=,s=b,i=1", "r=a,s=,i=1", "m=x,r=a,s=b,i=1", "e=other-error",
        "r=a,s=b,x=1,i=1", "ra,sb,i1",
    ])
    func `a malformed challenge is refused`(text: String) {
        #expect(ScramMessage.ServerFirst(Self.bytes(text)) == nil)
    }

    @Test func `the final messages of the RFC are read`() throws {
        let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        let final = try #require(ScramMessage.ClientFinal(Self.bytes("c=biws,r=\(Self.nonce),p=\(proof)")))
        #expect(final.binding == "biws")
        #expect(final.nonce == Self.nonce)
        #expect(final.proof == proof)
        #expect(final.withoutProof == "c=biws,r=\(Self.nonce)")
        let signature = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        #expect(ScramMessage.serverSignature(Self.bytes("v=\(signature)")) == signature)
    }

    @Test func `an extension in front of the proof is part of what is signed`() {
        let final = ScramMessage.ClientFinal(Self.bytes("c=biws,r=abc,x=1,p=proof"))
        #expect(final?.withoutProof == "c=biws,r=abc,x=1")
        #expect(final?.proof == "proof")
    }

    @Test(arguments: [
        "", "c=biws", "c=biws,r=abc", "r=abc,c=biws,p=x", "c=biws,r=abc,p=", "c=,r=abc,p=x", "c=biws,r=,p=x",
        "c=biws,r=abc,p=x,y=1", "c=biws,p=x,r=abc",
    ])
    func `a malformed final message is refused`(text: String) {
        #expect(ScramMessage.ClientFinal(Self.bytes(text)) == nil)
    }

    @Test(arguments: ["", "v", "v=", "e=invalid-proof", "x=1", "V=abc"])
    func `what is no signature is none`(text: String) {
        #expect(ScramMessage.serverSignature(Self.bytes(text)) == nil)
    }

    @Test func `noise is read or refused`() {
        var random = SeededRandom(seed: 31)
        let alphabet = Array("nyp=,ras,ici=19v\u{0}\u{FF}".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...30, using: &random)
            let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            if let first = ScramMessage.ClientFirst(bytes) { #expect(Array(first.text.utf8) == bytes) }
            if let first = ScramMessage.ServerFirst(bytes) {
                #expect((1...1_000_000).contains(first.iterations) && Array(first.text.utf8) == bytes)
            }
            if let final = ScramMessage.ClientFinal(bytes) {
                #expect(Array("\(final.withoutProof),p=\(final.proof)".utf8) == bytes)
            }
            _ = ScramMessage.serverSignature(bytes)
        }
    }
}
