import ControlPlane
import Foundation
import ProxyCore
import Testing

@Suite struct FailoverJournalTests {
    @Test("Hooks come back as they were written; without hooks there is no file")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let journal = FailoverJournal(directory: directory.path)
        #expect(journal.read() == [])
        let hooks = [
            UnfinishedHook(
                kind: .failover, node: NodeID(0), command: "/etc/fail.sh 0 \"\" 'ä'", formerPrimary: NodeID(0)),
            UnfinishedHook(
                kind: .followPrimary, node: NodeID(2), command: "follow", formerPrimary: nil,
                nodesToCome: [NodeID(3), NodeID(4)]),
        ]
        try journal.write(hooks)
        #expect(journal.read() == hooks)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(files == ["egret_failover"])
        try journal.write([])
        #expect(!FileManager.default.fileExists(atPath: journal.path))
    }

    @Test("What is not a journal counts as none, and an unwritable directory is an error", arguments: ["", "{", "[1]"])
    func broken(_ text: String) throws {
        let directory = try TemporaryDirectory()
        let journal = FailoverJournal(directory: directory.path)
        try Data(text.utf8).write(to: URL(fileURLWithPath: journal.path))
        #expect(journal.read() == [])
        let hook = UnfinishedHook(kind: .failback, node: NodeID(1), command: "x", formerPrimary: nil)
        #expect(throws: (any Error).self) { try FailoverJournal(directory: "/nonexistent").write([hook]) }
    }

    @Test("A fresh start forgets the statuses and the journal")
    func discard() throws {
        let directory = try TemporaryDirectory()
        let settings = FakeCluster.settings(nodes: 2, directory)
        try StatusFile(directory: directory.path).write([.up, .down])
        let hook = UnfinishedHook(kind: .failback, node: NodeID(1), command: "x", formerPrimary: nil)
        try FailoverJournal(directory: directory.path).write([hook])
        settings.discardRemembered()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }
}
