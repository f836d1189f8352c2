import Testing

/// The arrows between the modules point down, and each C library has one module that sees it.
@Suite struct LayerTests {
    /// All that a folder may import; what is not listed here is free, but for the owners below.
    private static let layers: [(folder: String, modules: Set<String>)] = [
        ("Sources/Wire/", []),
        ("Sources/ProxyCore/", ["Wire"]),
        ("Sources/Kernel/", ["CLinux", "Glibc"]),
        ("Sources/TLS/", ["COpenSSL"]),
        ("Sources/DataPlane/", ["Kernel", "ProxyCore", "Synchronization", "TLS", "Wire"]),
        ("Tests/WireTests/", ["Testing", "Wire"]),
        ("Tests/ProxyCoreTests/", ["ProxyCore", "Testing", "Wire"]),
    ]

    /// Who may import a module that is not everybody's.
    private static let owners: [(module: String, folders: [String])] = [
        ("CLinux", ["Sources/Kernel/"]),
        ("COpenSSL", ["Sources/TLS/"]),
        ("CLibpq", ["Sources/ControlPlane/Libpq/"]),
        ("CPgQuery", ["Tests/RoutingOracleTests/"]),
        (
            "Glibc",
            [
                "Sources/Kernel/", "Sources/ControlPlane/", "Sources/LocalCluster/", "Sources/egret/", "Tests/",
                "Benchmarks/",
            ]
        ),
        ("Dispatch", ["Sources/ControlPlane/", "Sources/LocalCluster/", "Sources/egret/", "Tests/", "Benchmarks/"]),
        ("ControlPlane", ["Sources/egret/", "Tests/ControlPlaneTests/", "Tests/IntegrationTests/"]),
        ("XCTest", []),
        ("NIOCore", []),
        ("NIOPosix", []),
    ]

    private static let cModules: Set<String> = ["CLinux", "COpenSSL", "CLibpq", "CPgQuery", "Glibc"]

    private struct Import {
        var file: String
        var line: Int
        var module: String
        var words: [Substring]
    }

    private static let imports: [Import] = Repository.sources.flatMap { path, source in
        source.code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
                words[..<keyword].allSatisfy({ $0.first == "@" || accessLevels.contains(String($0)) })
            else { return nil }
            let module = words[words.count - 1].split(separator: ".")[0]
            return Import(file: path, line: index + 1, module: String(module), words: words)
        }
    }

    private static let accessLevels: Set<String> = ["public", "package", "internal", "fileprivate", "private"]

    @Test func `a layer imports only what is below it`() {
        for layer in Self.layers {
            let own = Self.imports.filter { $0.file.hasPrefix(layer.folder) }
            expectNone(
                own.filter { !layer.modules.contains($0.module) }.map {
                    Violation(
                        path: $0.file, line: $0.line,
                        text: "\(layer.folder) may import \(layer.modules.sorted()), not \($0.module)")
                })
        }
        #expect(Self.imports.count > 200, "the scanner sees no imports")
    }

    @Test func `a module that has an owner is imported by nobody else`() {
        for owner in Self.owners {
            expectNone(
                Self.imports.filter { entry in
                    entry.module == owner.module && !owner.folders.contains { entry.file.hasPrefix($0) }
                }.map {
                    Violation(path: $0.file, line: $0.line, text: "\($0.module) belongs to \(owner.folders)")
                })
        }
    }

    @Test func `the types of a C library stay inside their module`() {
        expectNone(
            Self.imports.filter { entry in
                Self.cModules.contains(entry.module)
                    && (entry.words.contains("package") || entry.words.contains("public"))
            }.map { Violation(path: $0.file, line: $0.line, text: "import \($0.module) as internal") })
    }

    @Test func `the data plane blocks in epoll alone and boxes nothing`() {
        let banned = [
            ("async", "a worker is a thread; the control plane awaits"), ("await", "a worker is a thread"),
            ("any", "use a concrete type or an enum"), ("Task", "post to a mailbox"),
            ("actor", "a worker owns its state"),
        ]
        for (path, source) in Repository.sources where path.hasPrefix("Sources/DataPlane/") {
            for (index, line) in source.code.enumerated() {
                let words = Set(line.split { !($0.isLetter || $0.isNumber || $0 == "_") })
                for (word, instead) in banned where words.contains(Substring(word)) {
                    expectNone([Violation(path: path, line: index + 1, text: "`\(word)`: \(instead)")])
                }
            }
        }
    }

    @Test func `the package uses no unsafe flags`() throws {
        let package = try #require(Repository.file("Package.swift"))
        // What is built for one run of the unit tests alone is nobody's dependency.
        let published = package.text.split(separator: "if Context.environment").first
        #expect(published?.contains("unsafeFlags") == false)
        #expect(!package.text.contains("swift-nio\""))
    }
}
