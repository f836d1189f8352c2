import ControlPlane
import Testing

@Suite struct ConfigurationFileTests {
    private func settings(_ text: String) -> [String] {
        let file = ConfigurationFile(text, file: "f")
        #expect(file.problems.isEmpty)
        return file.settings.map { "\($0.line) \($0.name)=\($0.text)" }
    }

    private func problems(_ text: String) -> [String] {
        ConfigurationFile(text, file: "f").problems.map(\.description)
    }

    @Test func `settings come in every spelling`() {
        #expect(settings("port = 9999") == ["1 port=9999"])
        #expect(settings("port=9999") == ["1 port=9999"])
        #expect(settings("port 9999") == ["1 port=9999"])
        #expect(settings("\t port\t=\t'9999' # comment") == ["1 port=9999"])
        #expect(settings("a = on#comment") == ["1 a=on"])
        #expect(settings("a = 'x # y'") == ["1 a=x # y"])
        #expect(settings("a = ''") == ["1 a="])
        #expect(settings("a = -1\nb = 1.5e3\nc = 0x1F\nd = .5\ne = 10MB").count == 5)
        #expect(settings("a = host.example-1.org:80/x") == ["1 a=host.example-1.org:80/x"])
    }

    @Test func `several settings share a line, as in pgpool`() {
        #expect(settings("a = 1 b = 'x' c on # d = 2") == ["1 a=1", "1 b=x", "1 c=on"])
    }

    @Test func `a backslash keeps a quote inside and stays`() {
        #expect(settings(#"a = 'it\'s'"#) == [#"1 a=it\'s"#])
        #expect(settings(#"a = '\\' b = 1"#) == [#"1 a=\\"#, "1 b=1"])
    }

    @Test func `line ends, marks and a missing last newline`() {
        #expect(settings("a = 1\r\nb = 'x'\r\n\r\n") == ["1 a=1", "2 b=x"])
        #expect(settings("\u{FEFF}a = 1\nb = 2") == ["1 a=1", "2 b=2"])
        #expect(settings("").isEmpty)
        #expect(settings("# only a comment").isEmpty)
        #expect(settings("\n\n\na = 1") == ["4 a=1"])
    }

    @Test func `broken lines are named, and the others are read`() {
        #expect(problems("a = 'x") == ["f:1: a: the closing quote of its value is missing"])
        #expect(problems(#"a = 'x\"#) == ["f:1: a: the closing quote of its value is missing"])
        #expect(problems("\na =") == ["f:2: a: it has no value"])
        #expect(problems("a # 1") == ["f:1: a: it has no value"])
        #expect(problems("a = 1 min") == ["f:1: min: it has no value"])
        #expect(
            problems("a = 'x''y'") == [
                #"f:1: a: there is text right after the closing quote of its value; a quote inside a value is written \'"#
            ])
        #expect(problems("a = 'x'y") == ["f:1: a: there is text right after the closing quote of its value"])
        #expect(
            problems("a = /tmp") == ["f:1: a: /tmp is neither a word nor a number; put single quotes around it"])
        #expect(problems("a = *") == ["f:1: a: * is neither a word nor a number; put single quotes around it"])
        #expect(problems("= 3") == ["f:1: a parameter's name should stand here"])
        #expect(problems("1a = 3") == ["f:1: a parameter's name should stand here"])
        #expect(problems("a = 'x\0y'") == ["f:1: a: its value contains a zero byte"])
        let file = ConfigurationFile("a = 'x\nb = 2", file: "f")
        #expect(file.settings.map(\.name) == ["b"])
    }

    @Test func `a value that is not UTF-8 is an error, a comment may be anything`() {
        let value = ConfigurationFile(Array("a = '".utf8) + [0xFF] + Array("'".utf8), file: "f")
        #expect(value.problems.map(\.description) == ["f:1: a: its value is not valid UTF-8"])
        let comment = ConfigurationFile(Array("a = 1 # ".utf8) + [0xFF, 0xE9], file: "f")
        #expect(comment.problems.isEmpty)
    }

    @Test func `a secret is not repeated in an error`() {
        for name in ["sr_check_password", "health_check_password0", "wd_authkey", "sr_chek_password"] {
            let problems = problems("\(name) = *hidden*")
            #expect(problems == ["f:1: \(name): its value is neither a word nor a number; put single quotes around it"])
        }
    }

    @Test func `sizes are limited`() {
        let longest = "a = '" + String(repeating: "x", count: ConfigurationFile.lineLimit - 6) + "'"
        #expect(settings(longest).count == 1)
        #expect(problems(longest + " ") == ["f:1: the line is longer than 65536 bytes"])
        let largest = [UInt8](repeating: 0x0A, count: ConfigurationFile.sizeLimit)
        #expect(ConfigurationFile(largest, file: "f").problems.isEmpty)
        #expect(
            ConfigurationFile(largest + [0x0A], file: "f").problems.map(\.description)
                == ["f: the file is larger than 1048576 bytes"])
        let manyErrors = problems(String(repeating: "=\n", count: 10_000))
        #expect(manyErrors.count == ConfigurationFile.errorLimit + 1)
        #expect(manyErrors.last == "f:101: too many errors, the rest is not read")
    }

    @Test func `noise neither crashes nor hangs`() {
        var generator = SplitMix(state: 42)
        let alphabet = Array("ab0_='\\# \t\r\n.xX-+:/*\"include port 9min\0\u{FEFF}".utf8) + [0x80, 0xFF, 0xC3]
        for round in 0..<20_000 {
            let count = Int.random(in: 0...60, using: &generator)
            let bytes = (0..<count).map { _ in
                round.isMultiple(of: 2)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let file = ConfigurationFile(bytes, file: "f")
            let lines = bytes.count { $0 == 0x0A } + 1
            #expect(file.problems.count <= lines)
            #expect(file.settings.allSatisfy { (1...lines).contains($0.line) && !$0.name.isEmpty })
        }
    }

    @Test func `noise in the values of real parameters neither crashes nor is let through unnamed`() {
        var generator = SplitMix(state: 7)
        let alphabet = Array("0123456789.xeE+-abMBkmsind| ;,offntrue")
        for parameter in ParameterTable.all {
            for _ in 0..<200 {
                let count = Int.random(in: 0...24, using: &generator)
                let text = String(
                    (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
                guard let value = try? parameter.type.value(of: text) else { continue }
                let shown = parameter.type.display(value)
                #expect((try? parameter.type.value(of: shown)) == value, "\(parameter.name) = \(text)")
            }
        }
    }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
