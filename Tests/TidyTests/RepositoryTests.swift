import Foundation
import Testing

@Suite struct RepositoryTests {
    @Test func `what a build makes is not part of the repository`() throws {
        let ignored = try #require(Repository.file(".gitignore")).lines
        for entry in [".build*/", "Package.resolved"] { #expect(ignored.contains(entry), "\(entry)") }
        for path in try Repository.trackedFiles() ?? [] {
            let isMade =
                path.hasPrefix(".build") || path == "Package.resolved" || path.hasSuffix(".o")
                || path.contains("__pycache__")
            #expect(!isMade, "\(path) is made by a build")
        }
    }

    /// Whoever clones the repository has other directories.
    @Test func `no file names a directory of the machine it was written on`() throws {
        let tracked = try Repository.trackedFiles() ?? Repository.swiftFiles.map(\.path)
        #expect(tracked.contains("Package.swift"))
        // Put together here, so that this file passes.
        let places = ["root", "home", "Users"].map { "/\($0)/" }
        for path in tracked {
            guard let file = Repository.file(path) else { continue }
            for (index, line) in file.lines.enumerated() {
                for place in places where Self.names(place, in: line) {
                    expectNone([Violation(path: path, line: index + 1, text: "names \(place)")])
                }
            }
        }
    }

    /// A place, and not the end of a longer path.
    private static func names(_ place: String, in line: String) -> Bool {
        guard let found = line.firstRange(of: place) else { return false }
        guard let before = line[..<found.lowerBound].last else { return true }
        return !(before.isLetter || before.isNumber || "._-$})*".contains(before))
    }

    @Test func `the README names every command`() throws {
        let readme = try #require(Repository.file("README.md")).text.lowercased()
        for report in try Self.reports() {
            #expect(readme.contains("show \(report)"), "README.md does not mention SHOW \(report)")
        }
        for command in try Self.subcommands() {
            #expect(readme.contains("egret \(command)"), "README.md does not mention egret \(command)")
        }
    }

    @Test func `the commands are found in the sources`() throws {
        let (reports, subcommands) = (try Self.reports(), try Self.subcommands())
        #expect(reports.contains("pool_nodes") && reports.count >= 8)
        #expect(subcommands.contains("run") && subcommands.count >= 5)
    }

    /// The words behind SHOW that have a report of their own.
    private static func reports() throws -> [String] {
        let file = try #require(Repository.file("Sources/ControlPlane/Admin/AdminCommand.swift"))
        return file.lines.filter { $0.contains("case ") }.compactMap { line in
            line.split(separator: "\"").dropFirst().first.map { String($0) }
        }.filter { $0.hasPrefix("pool_") }
    }

    /// The subcommands of `egret`, as ArgumentParser names them.
    private static func subcommands() throws -> [String] {
        let main = try #require(Repository.file("Sources/egret/Main.swift")).text
        let list = try #require(main.split(separator: "subcommands:").dropFirst().first).prefix { $0 != "]" }
        return list.split { $0 == "[" || $0 == "," }.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            .filter { $0.hasSuffix(".self") }.map { $0.dropLast(".self".count).lowercased() }
    }
}
