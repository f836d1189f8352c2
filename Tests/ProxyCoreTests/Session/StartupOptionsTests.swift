import ProxyCore
import Testing

@Suite struct StartupOptionsTests {
    @Test(
        arguments: [
            ("", []),
            ("   ", []),
            ("-c a=1", [("a", "1")]),
            ("-ca=1", [("a", "1")]),
            ("--a=1", [("a", "1")]),
            ("  -c   a=1\t--b=2\n", [("a", "1"), ("b", "2")]),
            ("--work-mem=4MB", [("work_mem", "4MB")]),
            ("-c search_path=a,b", [("search_path", "a,b")]),
            (#"-c search_path=a,\ b"#, [("search_path", "a, b")]),
            (#"-c a=x\\y"#, [("a", #"x\y"#)]),
            (#"-c a=\ "#, [("a", " ")]),
            ("-c a=", [("a", "")]),
            ("-c a=b=c", [("a", "b=c")]),
            ("-c a-b=c-d", [("a_b", "c-d")]),
            ("-c a=1 -c a=2", [("a", "1"), ("a", "2")]),
            ("-c\u{B}a=1\u{C}-cb=2\r\n--c=3", [("a", "1"), ("b", "2"), ("c", "3")]),
            ("-c a=x\u{A0}y", [("a", "x\u{A0}y")]),
            ("-c a=\\ \u{301} -c b=1", [("a", " \u{301}"), ("b", "1")]),
            ("-c geqo=off -c statement_timeout=5min", [("geqo", "off"), ("statement_timeout", "5min")]),
        ] as [(String, [(String, String)])])
    func `settings are read as PostgreSQL reads them`(text: String, settings: [(String, String)]) throws {
        let expected = settings.map { ParameterSets.Entry(name: $0.0, value: $0.1) }
        #expect(try StartupOptions.parse(text) == expected)
    }

    /// What is not understood is refused: dropping it silently would run the session with other settings.
    @Test(arguments: [
        "-c", "-d 5", "-f s", "a=1", "-c a", "--a", "-c =1", "--=1", "--", "-", "-c a=1 b=2", "-o -c", "-e",
        "-c a=1 -e", "-ec a=1",
    ])
    func `everything else is refused, never dropped`(text: String) {
        #expect(throws: StartupOptions.Failure.self) { _ = try StartupOptions.parse(text) }
    }

    @Test func `a backslash at the end changes nothing`() throws {
        #expect(try StartupOptions.parse(#"-c a=1\"#) == [.init(name: "a", value: "1")])
    }
}
