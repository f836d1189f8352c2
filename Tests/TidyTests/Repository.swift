import Foundation
import Testing

/// The files that these tests were compiled from.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File: Sendable {
        /// From the root of the repository.
        var path: String
        var text: String

        var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) } }
    }

    /// Every Swift file of the project.
    static let swiftFiles: [File] =
        ["Package.swift"].compactMap { file($0) }
        + ["Sources", "Tests", "Benchmarks"].flatMap { files(under: $0) }.filter { $0.hasSuffix(".swift") }
        .compactMap { file($0) }

    /// The same, taken apart.
    static let sources = swiftFiles.map { (path: $0.path, source: SourceText($0.text)) }

    /// nil when there is no such file, or when it is not text.
    static func file(_ path: String) -> File? {
        guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else { return nil }
        return File(path: path, text: text)
    }

    static func files(under folder: String) -> [String] {
        let base = root.appendingPathComponent(folder)
        guard let found = FileManager.default.enumerator(atPath: base.path) else { return [] }
        return found.compactMap { $0 as? String }.map { "\(folder)/\($0)" }.sorted()
    }

    /// What git has of the project; nil in a copy without its history.
    static func trackedFiles() throws -> [String]? {
        guard FileManager.default.fileExists(atPath: root.appendingPathComponent(".git").path) else { return nil }
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "-c", "safe.directory=*", "-C", root.path, "ls-files", "-z"]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        try #require(git.terminationStatus == 0, "git ls-files failed; is git installed?")
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Something that is not as it should be, as `file:line: what is wrong`.
struct Violation: CustomStringConvertible {
    var path: String
    /// From 1; nil for the file as a whole.
    var line: Int?
    var text: String

    var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(text)" }
}

/// Fails the test with one issue for each violation.
func expectNone(_ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation) {
    for violation in violations { Issue.record("\(violation)", sourceLocation: sourceLocation) }
}
