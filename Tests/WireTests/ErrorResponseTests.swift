import Testing
import Wire

@Suite struct ErrorResponseTests {
    private static func body(_ fields: [(Character, String)]) -> [UInt8] {
        fields.flatMap { [$0.0.asciiValue ?? 0] + text($0.1) } + [0]
    }

    @Test func `an error has the fields that clients look for`() {
        let error = ErrorResponse(.fatal, .invalidPassword, "no", detail: "d", hint: "h")
        let body = Self.body([("S", "FATAL"), ("V", "FATAL"), ("C", "28P01"), ("M", "no"), ("D", "d"), ("H", "h")])
        #expect(error.bytes == [0x45, 0, 0, 0, UInt8(4 + body.count)] + body)
        #expect(ErrorResponse(body: body) == error)
    }

    @Test func `fields that are not there are not sent`() {
        let body = Self.body([("S", "ERROR"), ("V", "ERROR"), ("C", "XX000"), ("M", "")])
        #expect(ErrorResponse(.error, .internalError, "").bytes == [0x45, 0, 0, 0, UInt8(4 + body.count)] + body)
    }

    @Test func `the severity that is not translated counts`() {
        #expect(ErrorResponse(body: Self.body([("S", "FATAL:"), ("V", "PANIC"), ("M", "x")])).isFatal)
        #expect(ErrorResponse(body: Self.body([("V", "ERROR"), ("S", "FATAL")])).isFatal == false)
        // Servers before 9.6 have no other than the localized one.
        #expect(ErrorResponse(body: Self.body([("S", "FATAL"), ("C", "57P01")])).isFatal)
    }

    @Test func `an error without SQLSTATE and with unknown fields is read all the same`() {
        let error = ErrorResponse(body: Self.body([("z", "?"), ("M", "broken"), ("\u{7F}", "??")]))
        #expect(error.message == "broken")
        #expect(error.sqlState == "")
        #expect(error.severity == "")
        #expect(!error.isFatal)
    }

    @Test func `an empty error is an error`() {
        for body in [[], [0], [0, 0, 0]] as [[UInt8]] {
            let error = ErrorResponse(body: body)
            #expect(error.message == "" && error.detail == nil && error.hint == nil)
        }
    }

    @Test func `of an error that is cut off the whole fields are kept`() {
        let (severity, state) = (Self.body([("S", "ERROR")]).dropLast(), Self.body([("C", "42P01")]).dropLast())
        let body = severity + state + Self.body([("M", "relation")])
        for count in 0..<body.count {
            let error = ErrorResponse(body: body.prefix(count))
            #expect(error.severity == (count >= severity.count ? "ERROR" : ""))
            #expect(error.sqlState == (count >= severity.count + state.count ? "42P01" : ""))
            #expect(error.message == (count >= body.count - 1 ? "relation" : ""))
        }
    }

    @Test func `text that is not UTF-8 is mended, not refused`() {
        #expect(ErrorResponse(body: [0x4D, 0x61, 0xFF, 0, 0]).message == "a\u{FFFD}")
    }

    @Test func `noise is read, and what was read can be sent`() {
        var noise = Noise(seed: 4)
        let body = Self.body([("S", "ERROR"), ("V", "ERROR"), ("C", "42P01"), ("M", "relation"), ("D", "x")])
        for round in 0..<10_000 {
            let error = ErrorResponse(body: round % 2 == 0 ? noise.damage(body) : noise.bytes(upTo: 60))
            #expect(ErrorResponse(body: error.bytes.dropFirst(5)) == error)
        }
    }

    @Test(arguments: ["00000", "57P01", "ZZZZZ"])
    func `a SQLSTATE is five digits or capitals`(code: String) {
        #expect(SQLState(Array(code.utf8))?.description == code)
    }

    @Test(arguments: ["", "1234", "123456", "42p01", "42P0 ", "42P0\0", "é001"])
    func `anything else is no SQLSTATE`(code: String) {
        #expect(SQLState(Array(code.utf8)) == nil)
    }

    @Test func `the codes that we emit are well formed`() {
        let known: [SQLState] = [
            .connectionFailure, .protocolViolation, .connectionException, .featureNotSupported, .invalidAuthorization,
            .invalidPassword, .invalidStatementName, .undefinedObject, .failedTransaction, .tooManyConnections,
            .outOfMemory, .programLimitExceeded, .queryCanceled, .adminShutdown, .crashShutdown, .cannotConnectNow,
            .idleSessionTimeout, .internalError,
        ]
        for state in known { #expect(SQLState(Array(state.description.utf8)) == state) }
        #expect(Set(known).count == known.count)
    }
}
