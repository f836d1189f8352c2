import ProxyCore
import Testing

@Suite struct SilenceTests {
    private func isReadable(_ transcript: FailoverTranscript, _ node: UInt8) -> Bool {
        transcript.machine.snapshot.nodes.first { $0.id == NodeID(node) }?.isFreshEnough ?? false
    }

    @Test func `A silent node is asked once, and stays as it is when it answers`() {
        var transcript = FailoverTranscript.running()
        let first = transcript.machine.nodeSilent(NodeID(1))
        #expect(first == [.hear(NodeID(1))])
        let second = transcript.machine.nodeSilent(NodeID(1))
        #expect(second.isEmpty)
        let answer = transcript.machine.heard(NodeID(1), answers: true)
        #expect(answer.isEmpty)
        #expect(isReadable(transcript, 1))
    }

    @Test func `Reads keep away from a node that does not answer, until it does`() {
        var transcript = FailoverTranscript.running()
        _ = transcript.machine.nodeSilent(NodeID(1))
        let failure = transcript.machine.heard(NodeID(1), answers: false)
        #expect(failure.contains(.hear(NodeID(1))))
        #expect(!isReadable(transcript, 1) && isReadable(transcript, 2))
        #expect(transcript.machine.snapshot.nodes[1].status == .up)
        let again = transcript.machine.heard(NodeID(1), answers: false)
        #expect(again == [.hear(NodeID(1))])
        let answer = transcript.machine.heard(NodeID(1), answers: true)
        #expect(!answer.contains(.hear(NodeID(1))))
        #expect(isReadable(transcript, 1))
    }

    @Test func `Writes stay with a silent primary, and a node that goes down is not asked any more`() {
        var transcript = FailoverTranscript.running()
        _ = transcript.machine.nodeSilent(NodeID(0))
        _ = transcript.machine.heard(NodeID(0), answers: false)
        #expect(transcript.machine.snapshot.primary == NodeID(0))
        #expect(!isReadable(transcript, 0))
        _ = transcript.dies(0)
        let late = transcript.machine.heard(NodeID(0), answers: false)
        #expect(!late.contains(.hear(NodeID(0))))
        let unknown = transcript.machine.heard(NodeID(9), answers: true)
        #expect(unknown.isEmpty)
    }
}
