/// The little SQL that parameters are set with, read by PostgreSQL's rules for quoted identifiers and E'' strings.
enum ParameterSQL {
    struct Failure: Error {
        let text: String
    }

    static func apply(_ sql: String, to parameters: inout [String: String]) throws(Failure) {
        var scanner = Scanner(rest: Array(sql.unicodeScalars)[...])
        while true {
            if scanner.take("RESET ") {
                parameters[try scanner.identifier()] = nil
            } else if scanner.take("SELECT ") {
                repeat {
                    try scanner.expect("pg_catalog.set_config(")
                    let name = try scanner.literal()
                    try scanner.expect(", ")
                    parameters[name] = try scanner.literal()
                    try scanner.expect(", false)")
                } while scanner.take(", ")
            } else {
                throw scanner.failure
            }
            if scanner.rest.isEmpty { return }
            try scanner.expect("; ")
        }
    }

    private struct Scanner {
        var rest: ArraySlice<Unicode.Scalar>

        var failure: Failure {
            Failure(text: String(String.UnicodeScalarView(rest)))
        }

        mutating func take(_ word: String) -> Bool {
            guard rest.starts(with: word.unicodeScalars) else { return false }
            rest = rest.dropFirst(word.unicodeScalars.count)
            return true
        }

        mutating func expect(_ word: String) throws(Failure) {
            guard take(word) else { throw failure }
        }

        mutating func identifier() throws(Failure) -> String {
            var name = String.UnicodeScalarView()
            repeat {
                if !name.isEmpty { name.append(".") }
                try expect("\"")
                name.append(contentsOf: try quoted("\"", escapes: false))
            } while take(".")
            return String(name)
        }

        mutating func literal() throws(Failure) -> String {
            try expect(" E'")
            return String(try quoted("'", escapes: true))
        }

        private mutating func quoted(
            _ quote: Unicode.Scalar, escapes: Bool
        ) throws(Failure) -> String.UnicodeScalarView {
            var content = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                if scalar == quote {
                    guard rest.first == quote else { return content }
                    rest.removeFirst()
                } else if escapes && scalar == "\\" {
                    guard rest.first == "\\" else { throw failure }
                    rest.removeFirst()
                }
                content.append(scalar)
            }
            throw failure
        }
    }
}
