import Testing

/// The rules above are worth what the scanner is worth.
@Suite struct ScannerTests {
    @Test(arguments: [
        (#"let a = "print(" // TODO"#, "let a =              ", "                  // TODO"),
        (#"f("\(g("x") + 1)", b)"#, #"f(  (g(   ) + 1) , b)"#, ""),
        (##"let r = #"a"b\("# + c"##, ##"let r =            + c"##, ""),
        (##"let r = #"\#(d)"# + c"##, ##"let r =     (d)   + c"##, ""),
        ("a /* b /* c */ d */ e", "a                   e", ""),
        ("func `a \" { name`() {", "func               () {", ""),
        (#"let q = "\\"; b"#, #"let q =     ; b"#, ""),
        (#"let q = "\""; b"#, #"let q =     ; b"#, ""),
    ])
    func `code and comments are told apart`(text: String, code: String, comments: String) {
        let source = SourceText(text)
        #expect(source.code.map(Self.squeezed) == [Self.squeezed(code)])
        if !comments.isEmpty { #expect(source.comments.map(Self.squeezed) == [Self.squeezed(comments)]) }
    }

    @Test func `a string of several lines keeps the numbers of the lines behind it`() {
        let text = "let a = \"\"\"\n    { \"quoted\" // no comment\n    \\(b)\n    \"\"\"\nfunc f() {\n}\n"
        let source = SourceText(text)
        #expect(source.code.count == 7)
        #expect(source.comments.allSatisfy { !$0.contains("comment") })
        #expect(FunctionLengths(source).functions == [.init(name: "func", line: 5, lines: 2)])
    }

    @Test func `functions are measured from their name to their brace`() {
        let text = """
            struct S {
                init(a: () -> Int = { 1 }) {
                    self.init(b: 2)
                    let c = Self.init { 3 }
                }
                func outer(
                    b: Int
                ) -> [Int] {
                    func inner() { }
                    return [1].map { $0 }
                }
                deinit {
                }
                var computed: Int { 1 }
            }
            protocol P { func required() }
            extension P {
                func last() {}
            }
            """
        let functions = FunctionLengths(SourceText(text)).functions
        #expect(
            functions == [
                .init(name: "init", line: 2, lines: 4), .init(name: "func", line: 9, lines: 1),
                .init(name: "func", line: 6, lines: 6), .init(name: "deinit", line: 12, lines: 2),
                .init(name: "func", line: 18, lines: 1),
            ])
    }

    /// Blanks count as one, and those at the end not at all.
    private static func squeezed(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }
}
