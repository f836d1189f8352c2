import Testing

@Suite struct BannedTests {
    private struct Ban {
        var token: String
        var instead: String
        /// Where it is right all the same, by path or folder.
        var allowed: [String] = []
    }

    private static let bans: [Ban] = [
        Ban(
            token: "print(", instead: "log it, or let the egret program say it",
            allowed: ["Sources/egret/", "Benchmarks/ProxyBench/"]),
        // pgpool's columns show what C's %f shows.
        Ban(
            token: "String(format:", instead: "use an interpolation",
            allowed: ["Sources/ControlPlane/Admin/Show/", "Sources/egret/Commands/Nodes.swift"]),
        // The last thing that a process does, in a signal's wake, cannot await; and what blocks must be tested.
        Ban(
            token: "usleep(", instead: "wait for an event, or use Task.sleep",
            allowed: [
                "Sources/LocalCluster/Machine/ExitCleanup.swift",
                "Tests/ControlPlaneTests/Executor/DedicatedThreadExecutorTests.swift",
            ]),
        Ban(token: "try!", instead: "handle the error; in a test, let it throw"),
        Ban(token: "as!", instead: "use as? and say what else it may be"),
        Ban(token: "fatalError(", instead: "use preconditionFailure and name the invariant"),
        Ban(token: "NSLock", instead: "use Mutex"),
        Ban(token: "NSRegularExpression", instead: "read it with a scanner"),
        Ban(token: "@_exported", instead: "import where it is used"),
        Ban(token: "Thread.sleep(", instead: "wait for an event, or use Task.sleep"),
    ]

    @Test func `what has a better replacement is not used`() {
        for ban in Self.bans {
            for (path, source) in Repository.sources where !ban.allowed.contains(where: { path.hasPrefix($0) }) {
                expectNone(
                    source.code.enumerated().filter { Self.uses(ban.token, in: $0.element) }.map {
                        Violation(path: path, line: $0.offset + 1, text: "`\(ban.token)`: \(ban.instead)")
                    })
            }
        }
    }

    @Test func `every exception is still needed`() {
        for ban in Self.bans {
            for allowed in ban.allowed {
                let isUsed = Repository.sources.contains { path, source in
                    path.hasPrefix(allowed) && source.code.contains { Self.uses(ban.token, in: $0) }
                }
                #expect(isUsed, "\(allowed) does not use `\(ban.token)` any more: strike it off the list")
            }
        }
    }

    @Test func `what is left to do is not left in a comment`() {
        for (path, source) in Repository.sources {
            for (index, line) in source.comments.enumerated() {
                for word in ["FIXME", "TODO", "XXX", "HACK"] where Self.uses(word, in: line) {
                    expectNone([Violation(path: path, line: index + 1, text: "`\(word)`: do it, or open an issue")])
                }
            }
        }
    }

    @Test func `classes are final`() {
        for (path, source) in Repository.sources {
            for (index, line) in source.code.enumerated() {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
                guard let keyword = words.firstIndex(of: "class"), keyword + 1 < words.count,
                    words[keyword + 1].first?.isUppercase == true, !words[..<keyword].contains("final")
                else { continue }
                expectNone([Violation(path: path, line: index + 1, text: "make the class final, or a struct")])
            }
        }
    }

    @Test func `whoever vouches for a type says why on the next line`() {
        var count = 0
        for (path, source) in Repository.sources {
            for (index, line) in source.code.enumerated() where line.contains("@unchecked Sendable") {
                count += 1
                let next = index + 1 < source.comments.count ? source.comments[index + 1] : ""
                if next.contains("//") { continue }
                expectNone([
                    Violation(path: path, line: index + 1, text: "@unchecked Sendable: say why on the next line")
                ])
            }
        }
        #expect(count <= 8, "\(count) types are vouched for by hand")
    }

    @Test func `names say what a thing is`() {
        let vague: Set<Substring> = [
            "Utils", "Util", "Utilities", "Helpers", "Helper", "Misc", "Common", "Stuff", "New", "Deprecated",
        ]
        for file in Repository.swiftFiles {
            let names = file.path.dropLast(".swift".count).split { $0 == "/" || $0 == "+" }
            expectNone(
                names.filter { vague.contains($0) }.map {
                    Violation(path: file.path, text: "`\($0)` says nothing: name what it owns")
                })
        }
    }

    /// Whether a token stands in a line, and not as the end of a longer word.
    private static func uses(_ token: String, in line: String) -> Bool {
        var rest = line[...]
        while let found = rest.firstRange(of: token) {
            let before = rest[..<found.lowerBound].last ?? line[..<found.lowerBound].last ?? " "
            let isWord = before.isLetter || before.isNumber || before == "_"
            if !isWord { return true }
            rest = rest[found.upperBound...]
        }
        return false
    }
}
