import ControlPlane
import Foundation
import ProxyCore
import Testing

@Suite struct StatusFileTests {
    @Test("Statuses come back as they were written; waiting is stored as up")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let file = StatusFile(directory: directory.path)
        #expect(file.read() == [:])
        try file.write([.waiting, .down, .unused, .up])
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "up\ndown\nunused\nup\n")
        #expect(file.read() == [NodeID(0): .up, NodeID(1): .down, NodeID(2): .unused, NodeID(3): .up])
        file.discard()
        #expect(file.read() == [:])
    }

    @Test(
        "Other writers' files",
        arguments: [
            ("UP\nDown\n", [NodeStatus.up, .down]),
            ("up\r\ndown\r\n", [.up, .down]),
            // Without any node that is up there would be nothing to start with.
            ("down\ndown\n", []),
            ("", []),
            ("nonsense\nup\n", [.unused, .up]),
        ])
    func foreignText(_ text: String, _ expected: [NodeStatus]) throws {
        let directory = try TemporaryDirectory()
        let file = StatusFile(directory: directory.path)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file.path))
        let statuses = file.read().sorted { $0.key < $1.key }.map(\.value)
        #expect(statuses == expected)
    }

    @Test("The binary form of very old versions")
    func binary() throws {
        let directory = try TemporaryDirectory()
        let file = StatusFile(directory: directory.path)
        try Data([2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0]).write(to: URL(fileURLWithPath: file.path))
        #expect(file.read() == [NodeID(0): .up, NodeID(1): .down, NodeID(2): .up])
    }

    @Test("A directory that does not exist is an error, not a crash")
    func unwritable() {
        #expect(throws: (any Error).self) { try StatusFile(directory: "/nonexistent").write([.up]) }
    }
}
