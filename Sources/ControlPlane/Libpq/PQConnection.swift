internal import CLibpq
internal import Glibc

/// A libpq connection that never waits longer than its deadline, also when the server is stopped or the network
/// swallows packets. It blocks its thread while it waits, so it lives on an actor with a thread of its own.
///
/// The one thing libpq cannot bound is the resolver: a host *name* is looked up by the C library.
package final class PQConnection {
    /// How long one `poll` may last before the task's cancellation is looked at again.
    private static let waitSlice = Duration.milliseconds(100)

    private let connection: OpaquePointer

    /// Connects and logs in.
    /// - Parameter deadline: over all of it; nil waits until the server or the kernel gives up.
    package init(to target: PQTarget, deadline: ContinuousClock.Instant?) throws(PQError) {
        guard let connection = PQTarget.withKeywords(target.parameters, { PQconnectStartParams($0, $1, 0) }) else {
            throw PQError(kind: .connection, message: "out of memory")
        }
        self.connection = connection
        // libpq would print notices to stderr, past the log.
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        // Only the verbose form of a refused login names its SQLSTATE.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        guard PQstatus(connection) != CONNECTION_BAD else { throw lastError(.connection) }
        var next = PGRES_POLLING_WRITING
        while true {
            switch next {
            case PGRES_POLLING_OK:
                PQsetnonblocking(connection, 1)
                return
            case PGRES_POLLING_READING:
                try wait(for: Int16(POLLIN), until: deadline)
            case PGRES_POLLING_WRITING:
                try wait(for: Int16(POLLOUT), until: deadline)
            default:
                throw lastError(.connection)
            }
            next = PQconnectPoll(connection)
        }
    }

    deinit {
        // The Terminate message goes to a non-blocking socket: closing does not wait either.
        PQfinish(connection)
    }

    /// False once libpq has noticed that the connection is gone.
    package var isUsable: Bool { PQstatus(connection) == CONNECTION_OK }

    /// Runs one statement. After a thrown error other than `.server` the connection must be dropped.
    package func query(_ sql: String, deadline: ContinuousClock.Instant?) throws(PQError) -> PQResult {
        guard PQsendQuery(connection, sql) == 1 else { throw lastError(.connection) }
        while PQflush(connection) == 1 {
            try wait(for: Int16(POLLIN | POLLOUT), until: deadline)
            guard PQconsumeInput(connection) == 1 else { throw lastError(.connection) }
        }
        var rows = PQResult(rows: [])
        var failure: PQError?
        while true {
            while PQisBusy(connection) == 1 {
                try wait(for: Int16(POLLIN), until: deadline)
                guard PQconsumeInput(connection) == 1 else { throw lastError(.connection) }
            }
            guard let result = PQgetResult(connection) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: rows = PQResult(copying: result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw PQError(kind: .connection, message: "the statement started a COPY")
            default: failure = failure ?? error(of: result)
            }
        }
        if let failure { throw failure }
        return rows
    }

    private func wait(for events: Int16, until deadline: ContinuousClock.Instant?) throws(PQError) {
        while true {
            if Task.isCancelled { throw PQError(kind: .cancelled, message: "cancelled") }
            var slice = Self.waitSlice
            if let deadline {
                let left = ContinuousClock.now.duration(to: deadline)
                guard left > .zero else { throw PQError(kind: .timedOut, message: "timeout expired") }
                slice = min(slice, left)
            }
            var ready = pollfd(fd: PQsocket(connection), events: events, revents: 0)
            guard ready.fd >= 0 else { throw lastError(.connection) }
            let milliseconds = Int32(slice / .milliseconds(1)) + 1
            let count = poll(&ready, 1, milliseconds)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw PQError(kind: .connection, message: "poll failed, errno \(errno)") }
        }
    }

    private func lastError(_ kind: PQError.Kind) -> PQError {
        PQError(kind: kind, verboseMessage: Self.trimmed(PQerrorMessage(connection)))
    }

    private func error(of result: OpaquePointer) -> PQError {
        let sqlState = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        let isGone = PQstatus(connection) != CONNECTION_OK
        let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))) ?? PQresultErrorMessage(result)
        return PQError(kind: isGone ? .connection : .server, sqlState: sqlState, message: Self.trimmed(message))
    }

    private static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "unknown error" }
        var message = String(cString: text)
        while message.last?.isWhitespace == true { message.removeLast() }
        return message.isEmpty ? "unknown error" : message
    }
}

extension PQTarget {
    /// libpq wants two arrays of C strings, each ended by a null pointer.
    static func withKeywords<Result>(
        _ parameters: [(keyword: String, value: String)],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result?
    ) -> Result? {
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer {
            for text in keywords + values { free(text) }
        }
        let keywordList = keywords.map { UnsafePointer($0) } + [nil]
        let valueList = values.map { UnsafePointer($0) } + [nil]
        return keywordList.withUnsafeBufferPointer { keywords in
            valueList.withUnsafeBufferPointer { values in
                guard let keywords = keywords.baseAddress, let values = values.baseAddress else { return nil }
                return body(keywords, values)
            }
        }
    }
}
