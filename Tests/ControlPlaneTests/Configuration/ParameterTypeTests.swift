import ControlPlane
import Testing

@Suite struct ParameterTypeTests {
    private func read(_ text: String, _ type: ParameterType) -> String {
        do throws(ParameterValueError) {
            return "\(try type.value(of: text))"
        } catch {
            return error.message
        }
    }

    @Test func `booleans in every spelling`() {
        for text in ["on", "ON", "true", "t", "tr", "yes", "y", "1", " on "] {
            #expect(read(text, .bool) == "bool(true)", "\(text)")
        }
        for text in ["off", "of", "OFF", "false", "f", "no", "n", "0"] {
            #expect(read(text, .bool) == "bool(false)", "\(text)")
        }
        for text in ["o", "", "2", "onn", "foo", "01"] {
            #expect(read(text, .bool) == "\"\(text)\" is not a boolean; write on or off")
        }
    }

    @Test func `integers in every base`() {
        let type = ParameterType.int(-100...70000)
        #expect(read("0", type) == "int(0)")
        #expect(read("-5", type) == "int(-5)")
        #expect(read("+5", type) == "int(5)")
        #expect(read("0x10", type) == "int(16)")
        #expect(read("0XfF", type) == "int(255)")
        #expect(read("0777", type) == "int(511)")
        #expect(read("00", type) == "int(0)")
        #expect(read(" 12 ", type) == "int(12)")
        for text in ["", "x", "1.5", "08", "0x", "--1", "1e3", "nan", "5foo", "5 5"] {
            #expect(read(text, type).hasPrefix("\"\(text)\" is not an integer"), "\(text)")
        }
        #expect(read("1kB", type) == "\"1kB\" is not an integer without a unit")
    }

    @Test func `ranges, at their limits and beyond`() {
        let port = ParameterType.int(1024...65535)
        #expect(read("1024", port) == "int(1024)")
        #expect(read("65535", port) == "int(65535)")
        #expect(read("1023", port) == "1023 is outside the range 1024 to 65535")
        #expect(read("65536", port) == "65536 is outside the range 1024 to 65535")
        #expect(read("99999999999999999999", port) == "99999999999999999999 is outside the range 1024 to 65535")
        #expect(read("-99999999999999999999", port) == "-99999999999999999999 is outside the range 1024 to 65535")
        let time = ParameterType.int(0...100, .seconds)
        #expect(read("2min", time) == "2min is outside the range 0 to 100 (in s)")
        #expect(read("9223372036854775807d", time) == "9223372036854775807d is outside the range 0 to 100 (in s)")
        #expect(read("1e300", time) == "1e300 is outside the range 0 to 100 (in s)")
        let bytes = ParameterType.int(0...Int.max, .bytes)
        #expect(read("9223372036854775807", bytes) == "int(9223372036854775807)")
        #expect(read("9223372036854775808", bytes).contains("is outside the range"))
        #expect(read("8388608TB", bytes).contains("is outside the range"))
    }

    /// The size of each unit in base units; 0 where it is smaller than one.
    private static let unitSizes: [(unit: ParameterUnit, sizes: [(String, Int)])] = [
        (.seconds, [("us", 0), ("ms", 0), ("s", 1), ("min", 60), ("h", 3600), ("d", 86400)]),
        (.milliseconds, [("us", 0), ("ms", 1), ("s", 1000), ("min", 60000), ("h", 3_600_000), ("d", 86_400_000)]),
        (.microseconds, [("us", 1), ("ms", 1000), ("s", 1_000_000), ("min", 60_000_000)]),
        (.minutes, [("s", 0), ("min", 1), ("h", 60), ("d", 1440)]),
        (.bytes, [("B", 1), ("kB", 1024), ("MB", 1_048_576), ("GB", 1_073_741_824), ("TB", 1_099_511_627_776)]),
        (.kilobytes, [("B", 0), ("kB", 1), ("MB", 1024), ("GB", 1_048_576), ("TB", 1_073_741_824)]),
    ]

    @Test(arguments: unitSizes)
    func `units convert to the base unit`(unit: ParameterUnit, sizes: [(String, Int)]) {
        let type = ParameterType.int(0...Int.max, unit)
        #expect(read("7", type) == "int(7)")
        for (name, size) in sizes {
            if size == 0 {
                #expect(read("1\(name)", type) == "1\(name) is less than this parameter's unit, 1\(unit.symbol)")
            } else {
                #expect(read("3\(name)", type) == "int(\(3 * size))")
                #expect(read("3 \(name)", type) == "int(\(3 * size))")
            }
        }
        #expect(read("0\(sizes[0].0)", type) == "int(0)")
    }

    @Test func `fractions are rounded to the base unit, but never to nothing`() {
        let time = ParameterType.int(0...10_000, .seconds)
        #expect(read("1.5min", time) == "int(90)")
        #expect(read("2500ms", time) == "int(2)")
        #expect(read("2501ms", time) == "int(3)")
        #expect(read("0.5", time) == "0.5 is less than this parameter's unit, 1s")
        #expect(read("400ms", time) == "400ms is less than this parameter's unit, 1s")
        #expect(read("1e3", time) == "int(1000)")
        #expect(read("1.5e1s", time) == "int(15)")
        #expect(read("1.2.3s", time) == "\"1.2.3s\" is not an integer")
    }

    @Test func `unknown units name the known ones`() {
        #expect(
            read("5sec", .int(0...9, .seconds)) == "\"5sec\" has an unknown unit; units are us, ms, s, min, h, d")
        #expect(read("5MB", .int(0...9, .seconds)) == "\"5MB\" has an unknown unit; units are us, ms, s, min, h, d")
        #expect(read("5mb", .int(0...9, .bytes)) == "\"5mb\" has an unknown unit; units are B, kB, MB, GB, TB")
    }

    @Test func `real numbers`() {
        let type = ParameterType.real(0...100)
        #expect(read("1", type) == "real(1.0)")
        #expect(read(".5", type) == "real(0.5)")
        #expect(read("1e2", type) == "real(100.0)")
        #expect(read("100.1", type) == "100.1 is outside the range 0 to 100")
        for text in ["nan", "inf", "0x10", "", "1,5", "infinity"] {
            #expect(read(text, type) == "\"\(text)\" is not a number")
        }
    }

    @Test func `enumerations and lists`() {
        let words = ParameterType.enumeration([
            EnumerationWord("catalog", 1), EnumerationWord("none", 3), EnumerationWord("off", 3, meaning: "none"),
        ])
        #expect(read("CATALOG", words) == "word(\"catalog\")")
        #expect(read("off", words) == "word(\"none\")")
        #expect(read("cat", words) == "\"cat\" is not one of catalog, none, off")
        #expect(read("ABORT; DISCARD ALL;", .list(separator: ";")) == #"list(["ABORT", "DISCARD ALL"])"#)
        #expect(read("", .list(separator: ",")) == "list([])")
        #expect(read(" , ,", .list(separator: ",")) == "list([])")
        let flags = ParameterType.list(separator: "|", words: ["A", "B"])
        #expect(read("a | B", flags) == #"list(["A", "B"])"#)
        #expect(read("A|C", flags) == "\"C\" is not one of A, B")
    }

    @Test func `values are shown in the largest exact unit`() {
        #expect(ParameterUnit.seconds.display(300) == "5min")
        #expect(ParameterUnit.seconds.display(90) == "90s")
        #expect(ParameterUnit.seconds.display(86400) == "1d")
        #expect(ParameterUnit.seconds.display(0) == "0")
        #expect(ParameterUnit.seconds.display(-1) == "-1")
        #expect(ParameterUnit.milliseconds.display(10000) == "10s")
        #expect(ParameterUnit.milliseconds.display(10001) == "10001ms")
        #expect(ParameterUnit.minutes.display(1440) == "1d")
        #expect(ParameterUnit.kilobytes.display(10240) == "10MB")
        #expect(ParameterUnit.bytes.display(2 << 20) == "2MB")
        #expect(ParameterUnit.bytes.display(1000) == "1000B")
        #expect(ParameterUnit.none.display(512) == "512")
    }
}
