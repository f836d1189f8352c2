import Synchronization
import Wire

/// What a fake server was sent, in the order in which it took it, over all of its connections.
final class Recording: Sendable {
    private let state = Mutex(State())

    private struct State {
        var events: [String] = []
        var logins = 0
    }

    var events: [String] { state.withLock { $0.events } }
    var logins: Int { state.withLock { $0.logins } }

    func add(_ event: String) { state.withLock { $0.events.append(event) } }

    func addLogin() -> Int {
        state.withLock { state in
            state.logins += 1
            return state.logins
        }
    }

    /// Waits, for five seconds at most.
    /// - Returns: whether it came to that.
    func wait(until isSo: ([String]) -> Bool) -> Bool {
        for _ in 0..<500 {
            if isSo(events) { return true }
            Pause.milliseconds(10)
        }
        return false
    }

    /// Waits for one more event of a name than there were.
    func wait(for event: String, above count: Int = 0) -> Bool {
        wait { events in events.count { $0 == event } > count }
    }
}

/// A server that behaves like PostgreSQL towards the few messages that it knows, and records them all: a Query as its
/// text, a cancel request as `cancel`, the end of a connection as `end`, anything else as its tag with its portal or
/// text.
///
/// `SELECT 'slow'` ends when it is cancelled, `SELECT 'deaf'` never, `SELECT 'last'` with the connection, and a Parse
/// with `locked` in it, on another connection than the first, when it is cancelled. Parameters take their time.
struct RecordingServer {
    let recording: Recording
    /// What the login of this number is refused with.
    var refusal: @Sendable (Int) -> ErrorResponse? = { _ in nil }

    var script: FakeServer.Script {
        { [recording, refusal] session in
            switch try StartupRequest(body: session.socket.packet()) {
            case .cancel: recording.add("cancel")
            case .session:
                let number = recording.addLogin()
                if let refusal = refusal(number) { return try session.socket.send(refusal.bytes) }
                try session.welcome()
                var conversation = Conversation(session: session, recording: recording, number: number)
                defer { recording.add("end") }
                try conversation.run()
            default: throw WireEnd.closed
            }
        }
    }

    private struct Conversation {
        let session: FakeSession
        let recording: Recording
        let number: Int
        var status = TransactionStatus.idle
        var isSkipping = false
        /// The copy that takes data: begun by a simple query, or by an Execute.
        var copy: Copy?

        enum Copy {
            case simple
            case extended
        }

        mutating func run() throws {
            while true {
                let message = try session.socket.message()
                let text = String(decoding: message.body.prefix { $0 != 0 }, as: UTF8.self)
                let tag = String(decoding: [message.tag], as: UTF8.self)
                recording.add(message.tag == FrontendTag.query ? text : text.isEmpty ? tag : "\(tag) \(text)")
                if copy != nil {
                    try takeCopy(message.tag)
                } else if message.tag == FrontendTag.sync {
                    isSkipping = false
                    try ready()
                } else if message.tag == FrontendTag.terminate {
                    throw WireEnd.closed
                } else if !isSkipping {
                    try take(message, text)
                }
            }
        }

        private func ready() throws { try session.socket.send(BackendMessage.readyForQuery(status)) }

        private mutating func fail(_ state: SQLState, isSimple: Bool) throws {
            try session.socket.send(ErrorResponse(.error, state, "as ordered").bytes)
            if status == .inBlock { status = .failed }
            isSkipping = !isSimple
            if isSimple { try ready() }
        }

        private mutating func untilCanceled(isSimple: Bool) throws {
            let cancels = recording.events.count { $0 == "cancel" }
            let isCanceled = recording.wait(for: "cancel", above: cancels)
            try fail(isCanceled ? .queryCanceled : .internalError, isSimple: isSimple)
        }

        private mutating func takeCopy(_ tag: UInt8) throws {
            let isSimple = copy == .simple
            switch tag {
            case FrontendTag.copyDone:
                copy = nil
                try session.socket.send(BackendMessage.commandComplete("COPY 0"))
                if isSimple { try ready() }
            case FrontendTag.copyFail:
                copy = nil
                try fail(.queryCanceled, isSimple: isSimple)
            default: break
            }
        }

        private mutating func take(_ message: Message, _ text: String) throws {
            switch message.tag {
            case FrontendTag.query: try takeQuery(text)
            case FrontendTag.parse where number > 1 && String(decoding: message.body, as: UTF8.self).contains("locked"):
                try untilCanceled(isSimple: false)
            case FrontendTag.parse: try session.socket.send(BackendMessage.parseComplete)
            case FrontendTag.bind: try session.socket.send([0x32, 0, 0, 0, 4])
            case FrontendTag.execute where text.isEmpty:
                try session.socket.send(BackendMessage.commandComplete("SELECT 0"))
            case FrontendTag.execute where text == "copy": try beginCopy(.extended)
            case FrontendTag.execute: try fail(.internalError, isSimple: false)
            default: break
            }
        }

        private mutating func beginCopy(_ kind: Copy) throws {
            copy = kind
            try session.socket.send([0x47, 0, 0, 0, 7, 0, 0, 0])
        }

        private mutating func takeQuery(_ text: String) throws {
            switch text {
            case "SELECT 'slow'": try untilCanceled(isSimple: true)
            case let text where text.contains("set_config"):
                Pause.milliseconds(300)
                try session.socket.send(FakeSession.row("") + BackendMessage.readyForQuery(status))
            case "SELECT 'late'":
                Pause.milliseconds(300)
                try session.socket.send(FakeSession.row(text) + BackendMessage.readyForQuery(status))
            case "SELECT 'deaf'": _ = try session.socket.take(1 << 20)
            case "SELECT 'last'":
                try session.socket.send(FakeSession.row(text) + BackendMessage.readyForQuery(status))
                throw WireEnd.closed
            case "BEGIN", "ABORT":
                status = text == "BEGIN" ? .inBlock : .idle
                try session.socket.send(BackendMessage.commandComplete(text))
                try ready()
            case "":
                try session.socket.send([BackendTag.emptyQueryResponse, 0, 0, 0, 4])
                try ready()
            case "COPY t FROM STDIN": try beginCopy(.simple)
            default: try session.socket.send(FakeSession.row(text) + BackendMessage.readyForQuery(status))
            }
        }
    }
}
