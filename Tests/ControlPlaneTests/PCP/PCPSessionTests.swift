import ControlPlane
import ProxyCore
import Testing

/// Who may ask what, as transcripts.
@Suite struct PCPSessionTests {
    private static let salt: [UInt8] = [0, 1, 2, 255]

    private static func fatal(_ action: PCPSession.Action, _ text: String) -> Bool {
        guard case .refuse(let frame) = action else { return false }
        let said = String(decoding: frame.body, as: UTF8.self)
        return frame.type == 0x45 && said.hasPrefix("SFATAL\0") && said.contains(text)
    }

    private static func loggedIn() -> PCPSession {
        var session = PCPSession()
        _ = session.received(PCPFrame("M")) { Self.salt }
        _ = session.received(PCPFrame("R", ["ann", "d"])) { Self.salt }
        _ = session.loggedIn()
        return session
    }

    @Test("Salt, login, orders, farewell")
    func normal() {
        var session = PCPSession()
        let salted = session.received(PCPFrame("M")) { Self.salt }
        #expect(salted == .send(PCPFrame(type: 0x6D, body: Self.salt)))
        #expect(!session.isLoggedIn)
        let login = session.received(PCPFrame("R", ["ann", "d"])) { Self.salt }
        #expect(login == .check(PCPCredentials(user: "ann", digest: "d"), salt: Self.salt))
        #expect(!session.isLoggedIn)
        #expect(session.loggedIn() == PCPFrame("r", ["AuthenticationOK"]))
        #expect(session.isLoggedIn)
        for _ in 0..<2 {
            #expect(session.received(PCPFrame("L")) { [] } == .carryOut(.nodeCount))
        }
        #expect(session.received(PCPFrame("F")) { [] } == .nothing)
        #expect(session.received(PCPFrame("X")) { [] } == .close)
    }

    @Test("Nothing is done before the login", arguments: PCPFrameTests.examples)
    func notAuthorized(frame: PCPFrame, request: PCPRequest) {
        switch request {
        case .salt, .disconnect, .unanswered: return
        default: break
        }
        var session = PCPSession()
        #expect(Self.fatal(session.received(frame) { [] }, "connection not authorized"))
        var salted = PCPSession()
        _ = salted.received(PCPFrame("M")) { Self.salt }
        if case .login = request { return }
        #expect(Self.fatal(salted.received(frame) { [] }, "connection not authorized"))
    }

    @Test("A salt is good for one login, and asking for another one ends the session's rights")
    func saltOnce() {
        var session = PCPSession()
        _ = session.received(PCPFrame("M")) { Self.salt }
        _ = session.received(PCPFrame("R", ["ann", "d"])) { [] }
        #expect(Self.fatal(session.received(PCPFrame("R", ["ann", "d"])) { [] }, "not authorized"))
        var second = Self.loggedIn()
        _ = second.received(PCPFrame("M")) { Self.salt }
        #expect(!second.isLoggedIn)
        #expect(Self.fatal(second.received(PCPFrame("L")) { [] }, "not authorized"))
    }

    @Test("Nonsense ends the connection")
    func nonsense() {
        var session = Self.loggedIn()
        #expect(Self.fatal(session.received(PCPFrame("z")) { [] }, "unknown PCP packet type \"z\""))
        #expect(Self.fatal(session.received(PCPFrame("C", ["x"])) { [] }, "invalid PCP packet"))
        var fresh = PCPSession()
        #expect(Self.fatal(fresh.received(PCPFrame("z")) { [] }, "not authorized"))
    }
}
