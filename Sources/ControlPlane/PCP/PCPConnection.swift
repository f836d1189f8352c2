internal import Kernel
internal import TLS

/// One client of the PCP server, served on a thread of its own.
struct PCPConnection {
    private enum Step {
        case goOn
        case end
    }

    /// How long a client that is turned away may take to read why.
    private static let farewell = Duration.seconds(1)
    private static let saltLength = 4

    private let socket: StreamSocket
    private let limits: PCPServer.Limits
    private let logins: PCPLogins
    private let peer: String
    private var session = PCPSession()
    private var reader = PCPFrameReader()
    private var deadline: ContinuousClock.Instant
    private var isStranger = true

    init(_ socket: StreamSocket, limits: PCPServer.Limits, logins: PCPLogins) {
        self.socket = socket
        self.limits = limits
        self.logins = logins
        peer = PCPLogins.peer(of: socket)
        deadline = ContinuousClock.now + limits.loginPatience
    }

    /// Returns when the client has left or was made to.
    mutating func serve(_ perform: @escaping PCPServer.Handler, _ stop: PCPAnswer.Stop) {
        guard logins.enter(peer) else { return }
        Socket.tune(socket.descriptor)
        while let frame = nextFrame(), handle(frame, perform, stop) == .goOn {
            if session.isLoggedIn { deadline = ContinuousClock.now + limits.idleLimit }
        }
        if isStranger { logins.leave(peer) }
    }

    /// nil when there will be no more.
    private mutating func nextFrame() -> PCPFrame? {
        while true {
            do {
                if let frame = try reader.next() { return frame }
            } catch {
                _ = refuse(PCPSession.notAFrame)
                return nil
            }
            guard let bytes = socket.receive(upTo: Int(PCPFrameReader.lengthMax), until: deadline) else { return nil }
            reader.append(bytes)
        }
    }

    private mutating func handle(
        _ frame: PCPFrame, _ perform: @escaping PCPServer.Handler, _ stop: PCPAnswer.Stop
    ) -> Step {
        switch session.received(frame, salt: { SecureRandom.bytes(Self.saltLength) }) {
        case .send(let reply): return send([reply])
        case .check(let credentials, let salt):
            if let refusal = logins.refusal(of: credentials, salt: salt, from: peer) { return refuse(refusal) }
            if isStranger { logins.leave(peer) }
            isStranger = false
            return send([session.loggedIn()])
        case .carryOut(let request):
            let answer = OperationWait.result { line in
                _ = send([PCPReply.problem(.notice, sqlState: "00000", line)])
            } of: { progress in
                await perform(request, progress)
            }
            let step = send(answer.frames)
            if let mode = answer.stop { stop(mode) }
            return step
        case .nothing: return .goOn
        case .refuse(let reply): return refuse(reply)
        case .close: return .end
        }
    }

    private func send(_ frames: [PCPFrame]) -> Step {
        socket.send(frames.flatMap(\.bytes), within: limits.sendPatience) ? .goOn : .end
    }

    private func refuse(_ frame: PCPFrame) -> Step {
        if send([frame]) == .goOn { socket.sayGoodbye(within: Self.farewell) }
        return .end
    }
}
