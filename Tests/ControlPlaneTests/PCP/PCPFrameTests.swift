import ControlPlane
import ProxyCore
import Testing

/// The bytes of the protocol, in both directions.
@Suite struct PCPFrameTests {
    @Test("A frame counts its length and itself, but not its type")
    func encoding() {
        #expect(PCPFrame("l", ["CommandComplete", "2"]).bytes == Array("l\0\0\0\u{16}CommandComplete\02\0".utf8))
        #expect(PCPFrame("m").bytes == Array("m\0\0\0\u{4}".utf8))
        #expect(PCPFrame("x", ["a\0b", ""]).body == Array("ab\0\0".utf8))
    }

    @Test("Frames are found whole, byte by byte, and several at once")
    func reading() throws {
        let bytes = PCPFrame(type: 0x4D).bytes + PCPFrame("C", ["1"]).bytes + PCPFrame(type: 0x58).bytes
        for size in 1...bytes.count {
            var reader = PCPFrameReader()
            var seen: [PCPFrame] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                reader.append(Array(bytes[start..<min(start + size, bytes.count)]))
                while let frame = try reader.next() { seen.append(frame) }
            }
            #expect(seen == [PCPFrame(type: 0x4D), PCPFrame("C", ["1"]), PCPFrame(type: 0x58)], "\(size)")
        }
    }

    @Test("Lengths that cannot be are an error", arguments: [0, 1, 3, 260, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func badLength(length: UInt32) {
        var reader = PCPFrameReader()
        reader.append([0x4D] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) })
        #expect(throws: PCPFrameError()) { try reader.next() }
    }

    @Test("The longest frame is read")
    func longest() throws {
        var reader = PCPFrameReader()
        let frame = PCPFrame(type: 0x52, body: [UInt8](repeating: 0x61, count: 255))
        #expect(frame.bytes.count == 260)
        reader.append(frame.bytes)
        #expect(try reader.next() == frame)
    }

    static let examples: [(PCPFrame, PCPRequest)] = [
        (PCPFrame("M"), .salt),
        (PCPFrame("R", ["ann", "digest"]), .login(PCPCredentials(user: "ann", digest: "digest"))),
        (PCPFrame("L"), .nodeCount), (PCPFrame("I", ["-1"]), .nodeInfo(nil)), (PCPFrame("I", ["1"]), .nodeInfo(1)),
        (PCPFrame("N"), .processCount), (PCPFrame("P", ["0"]), .processInfo(nil)),
        (PCPFrame("P", ["4711"]), .processInfo(4711)), (PCPFrame("H", ["1"]), .healthCheckStatistics(1)),
        (PCPFrame("B"), .poolStatus), (PCPFrame("C", ["300"]), .attach(300)),
        (PCPFrame("D", ["1"]), .detach(1, gracefully: false)), (PCPFrame("d", ["1"]), .detach(1, gracefully: true)),
        (PCPFrame("O", ["2"]), .recover(2)), (PCPFrame("J", ["1"]), .promote(1, .takeNote, gracefully: false)),
        (PCPFrame(type: 0x4A, body: Array("1 \0n".utf8)), .promote(1, .takeNote, gracefully: false)),
        (PCPFrame(type: 0x6A, body: Array("1 \0s".utf8)), .promote(1, .switchover, gracefully: true)),
        (PCPFrame(type: 0x54, body: [0x73]), .stop(.smart)), (PCPFrame(type: 0x74, body: [0x66]), .stop(.fast)),
        (PCPFrame(type: 0x54, body: [0x69]), .stop(.immediate)), (PCPFrame("W", ["-1"]), .watchdogInfo),
        (PCPFrame(type: 0x5A, body: [0x6C]), .reload), (PCPFrame(type: 0x56, body: [0x6C]), .rotateLog),
        (PCPFrame("G"), .invalidateCache),
        (PCPFrame("A", ["client_min_messages", "debug1"]), .setParameter(name: "client_min_messages")),
        (PCPFrame("F"), .unanswered), (PCPFrame("X"), .disconnect),
    ]

    @Test("Every request is understood", arguments: examples)
    func requests(frame: PCPFrame, request: PCPRequest) throws {
        #expect(try PCPRequest(frame) == request)
    }

    @Test("Bodies that do not belong to their type are an error")
    func malformed() {
        let frames = [
            PCPFrame(type: 0x43), PCPFrame(type: 0x43, body: [0x31]), PCPFrame("C", ["one"]), PCPFrame("C", [""]),
            PCPFrame("C", ["99999999999"]), PCPFrame("R", ["ann"]), PCPFrame(type: 0x52), PCPFrame(type: 0x54),
            PCPFrame(type: 0x54, body: [0x78]), PCPFrame(type: 0x4A, body: Array("1 \0x".utf8)), PCPFrame("I"),
        ]
        for frame in frames {
            #expect(throws: PCPRequestError.malformed, "\(frame)") { try PCPRequest(frame) }
        }
        #expect(throws: PCPRequestError.unknownType(0x7A)) { try PCPRequest(PCPFrame("z")) }
    }

    @Test("Noise never traps")
    func noise() {
        var random = SplitMix(state: 42)
        for _ in 0..<500 {
            var reader = PCPFrameReader()
            let count = Int.random(in: 0...300, using: &random)
            reader.append((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            while let frame = try? reader.next() { _ = try? PCPRequest(frame) }
        }
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...6, using: &random)
            let body = (0..<count).map { _ in UInt8.random(in: 0...0x39, using: &random) }
            _ = try? PCPRequest(PCPFrame(type: UInt8.random(in: 0x40...0x7A, using: &random), body: body))
        }
    }

    @Test("Errors have pgpool's fields in pgpool's order, and no message that old clients stumble over")
    func problems() {
        let frame = PCPReply.problem(.error, sqlState: "57014", "could not", detail: "Some reason")
        #expect(frame.type == 0x45)
        #expect(frame.body == Array("SERROR\0C57014\0Mcould not\0DSome reason\0\0".utf8))
        let shielded = PCPReply.problem(.notice, sqlState: "00000", "Streaming")
        #expect(shielded.type == 0x4E)
        #expect(shielded.body == Array("SNOTICE\0C00000\0MPCP: Streaming\0\0".utf8))
        for text in ["Done", "Most", "Start"] {
            #expect(PCPReply.problem(.error, text).body.contains(Array("MPCP: \(text)".utf8)))
        }
    }

    @Test("Long values are cut between characters")
    func bounded() {
        #expect(PCPReply.bounded("abc", to: 3) == "abc")
        #expect(PCPReply.bounded("abcd", to: 3) == "abc")
        #expect(PCPReply.bounded("aéé", to: 4) == "aé")
        let frame = PCPReply.problem(.error, "x", detail: String(repeating: "ü", count: 10_000))
        #expect(frame.body.split(separator: 0).allSatisfy { $0.count <= 256 })
    }

    @Test("Lists say how many they are")
    func lists() {
        let list = PCPReply.list("i", of: "NodeInfo", [["a"], ["b"]])
        #expect(
            list == [
                PCPFrame("i", ["ArraySize", "2"]), PCPFrame("i", ["NodeInfo", "a"]),
                PCPFrame("i", ["NodeInfo", "b"]), PCPFrame("i", ["CommandComplete"]),
            ])
        let counted = PCPReply.countedList("b", of: "ProcessConfig", [["n", "v", "d"]])
        #expect(counted[0].body == Array("ArraySize\0\0\0\0\u{1}".utf8))
        #expect(counted[1] == PCPFrame("b", ["ProcessConfig", "n", "v", "d"]))
    }
}
