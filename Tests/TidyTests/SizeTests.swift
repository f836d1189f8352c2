import Testing

@Suite struct SizeTests {
    /// One function that is a list of names, made by a query: nothing to be read, and nothing to be split.
    private static let table = "Sources/ProxyCore/Routing/BuiltinFunctionTable.swift"

    @Test func `no line is longer than 120 characters`() {
        expectNone(
            Repository.swiftFiles.flatMap { file in
                file.lines.enumerated().filter { $0.element.count > 120 }.map {
                    Violation(path: file.path, line: $0.offset + 1, text: "\($0.element.count) characters; 120 at most")
                }
            })
    }

    @Test func `no file is longer than 600 lines`() {
        expectNone(
            Repository.swiftFiles.filter { $0.lines.count - 1 > 600 }.map {
                Violation(path: $0.path, text: "\($0.lines.count - 1) lines; split it, 600 at most")
            })
    }

    @Test func `no function is longer than 70 lines`() {
        var count = 0
        var violations: [Violation] = []
        for (path, source) in Repository.sources where path != Self.table {
            let functions = FunctionLengths(source).functions
            count += functions.count
            violations += functions.filter { $0.lines > 70 }.map {
                Violation(path: path, line: $0.line, text: "a function of \($0.lines) lines; 70 at most")
            }
        }
        expectNone(violations)
        #expect(Repository.swiftFiles.count > 100 && count > 1_000, "the scanner sees nothing: \(count) functions")
    }

    @Test func `every file ends with a line feed and has no blanks at the end of a line`() {
        for file in Repository.swiftFiles {
            #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path)")
            expectNone(
                file.lines.enumerated().filter { $0.element.last == " " || $0.element.contains("\t") }.map {
                    Violation(path: file.path, line: $0.offset + 1, text: "a blank at the end, or a tab")
                })
        }
    }
}
