import DataPlane
import ProxyCore
import Testing
import Wire

/// What servers say without being asked, at every place of an answer and behind it: notices, notifications, and
/// parameters that change. To a client they are part of what it reads, and never an answer.
@Suite struct UnaskedMessageTests {
    /// Where it is said.
    enum Place: CaseIterable, Sendable {
        case inFront, betweenRows, behindTheRows, behindTheTag
    }

    private static let notice = message(BackendTag.noticeResponse) {
        $0.append(string: "SNOTICE")
        $0.append(string: "C00000")
        $0.append(string: "Mby the way")
        $0.append(UInt8(0))
    }
    private static let notification = message(BackendTag.notificationResponse) {
        $0.append(Int32(7))
        $0.append(string: "channel")
        $0.append(string: "payload")
    }
    /// The login has told another value of it.
    private static let parameter = BackendMessage.parameterStatus("server_version", "15.1 (fake)")
    private static let unasked = notice + notification + parameter
    private static let ready = BackendMessage.readyForQuery(.idle)
    private static let head = BackendMessage.rowDescription(["text"])
    private static let complete = BackendMessage.commandComplete("SELECT 2")

    private static func message(_ tag: UInt8, _ fill: (inout MessageBuilder) -> Void) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(tag, fill)
        return builder.bytes
    }

    private static func row(_ text: String) -> [UInt8] { BackendMessage.dataRow([text]) }

    /// Two rows of the query's own text, and what nobody has asked for at a place among them.
    private static func answer(_ text: String, _ place: Place) -> [UInt8] {
        var bytes = place == .inFront ? unasked : []
        bytes += head + row(text) + (place == .betweenRows ? unasked : []) + row(text)
        bytes += (place == .behindTheRows ? unasked : []) + complete
        return bytes + (place == .behindTheTag ? unasked : []) + ready
    }

    private static func tags(_ place: Place) -> String {
        switch place {
        case .inFront: "NASTDDCZ"
        case .betweenRows: "TDNASDCZ"
        case .behindTheRows: "TDDNASCZ"
        case .behindTheTag: "TDDCNASZ"
        }
    }

    /// Plays one connection: `SELECT 'told...'` is answered with what nobody asked for, in pieces or at once.
    private static func script(_ place: Place, isCut: Bool) -> FakeServer.Script {
        { session in
            _ = try session.startup()
            try session.welcome()
            try session.serve { text in
                guard text.hasPrefix("SELECT 'told") else { return false }
                let bytes = answer(text, place)
                let middle = isCut ? bytes.count / 2 : 0
                try session.socket.send(Array(bytes[..<middle]))
                if isCut { Pause.milliseconds(5) }
                try session.socket.send(Array(bytes[middle...]))
                return true
            }
        }
    }

    /// One server, so that whoever comes next gets the one that has said something.
    private static func alone(_ settings: inout DataPlaneSettings, _ mode: PoolMode) {
        settings.poolMode = mode
        settings.poolSize = mode == .transaction ? 1 : 4
    }

    @Test(arguments: Place.allCases, [PoolMode.transaction, .session])
    func `at any place of an answer they are passed on where they were, and answer nothing`(
        place: Place, mode: PoolMode
    ) throws {
        for isCut in [false, true] {
            try TestProxy.run(Self.script(place, isCut: isCut), configure: { Self.alone(&$0, mode) }) { proxy in
                let client = try proxy.goodClient()
                #expect(try client.query("SELECT 'told'").tags == Self.tags(place))
                try TestProxy.expectWorking(client)
                // A pipeline: every answer has its own.
                for number in 0..<3 { try client.send(query: "SELECT 'told \(number)'") }
                for number in 0..<3 {
                    let answer = try client.answer()
                    #expect(answer.tags == Self.tags(place))
                    let row = try #require(answer.messages.first { $0.tag == BackendTag.dataRow })
                    #expect(String(decoding: row.body.dropFirst(6), as: UTF8.self) == "SELECT 'told \(number)'")
                }
                try TestProxy.expectWorking(client)
                try TestProxy.expectWorking(try proxy.goodClient())
            }
        }
    }

    /// In the extended protocol, between any two answers of two groups that are sent at once.
    @Test(arguments: [PoolMode.transaction, .session])
    func `between the answers to extended messages they answer nothing`(mode: PoolMode) throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.welcome()
            while true {
                switch try session.socket.message().tag {
                case FrontendTag.parse: try session.socket.send(Self.unasked + BackendMessage.parseComplete)
                case FrontendTag.bind: try session.socket.send(Self.unasked + [0x32, 0, 0, 0, 4])
                case FrontendTag.execute:
                    try session.socket.send(Self.unasked + Self.row("x") + Self.unasked + Self.complete)
                case FrontendTag.sync: try session.socket.send(Self.unasked + Self.ready)
                default: throw WireEnd.closed
                }
            }
        }
        try TestProxy.run(script, configure: { Self.alone(&$0, mode) }) { proxy in
            let client = try proxy.goodClient()
            let group = Extended.parse("SELECT 1") + Extended.run("") + Extended.sync
            for _ in 0..<2 {
                try client.socket.send(group + group)
                #expect(try client.answer().tags == "NAS1NAS2NASDNASCNASZ")
                #expect(try client.answer().tags == "NAS1NAS2NASDNASCNASZ")
            }
        }
    }

    /// Said by a server that nobody has, once an answer is over.
    private static func afterwards(_ session: FakeSession, at once: Bool) throws {
        _ = try session.startup()
        try session.welcome()
        try session.serve { text in
            guard text == "SELECT 'last'" else { return false }
            let answer = head + row(text) + complete + ready
            if once {
                try session.socket.send(answer + unasked)
            } else {
                try session.socket.send(answer)
                Pause.milliseconds(20)
                try session.socket.send(unasked)
            }
            return true
        }
    }

    @Test(arguments: [false, true])
    func `to nobody: notices and notifications are dropped, a parameter reaches who comes next`(atOnce: Bool) throws {
        try TestProxy.run({ try Self.afterwards($0, at: atOnce) }, configure: { Self.alone(&$0, .transaction) }) {
            proxy in
            let client = try proxy.goodClient()
            let other = try proxy.goodClient()
            #expect(try client.query("SELECT 'last'").tags == "TDCZ")
            Pause.milliseconds(60)
            for known in [client, other] {
                let answer = try known.query("SELECT 'still here'")
                #expect(answer.tags.filter { $0 != "S" } == "TDCZ")
                let told = answer.messages.filter { $0.tag == BackendTag.parameterStatus }
                #expect(told.map(\.body) == [Array(Self.parameter.dropFirst(5))], "\(answer.tags)")
                try TestProxy.expectWorking(known)
            }
            let late = try proxy.connect().login("good")
            #expect(late.messages.contains { $0.body == Array(Self.parameter.dropFirst(5)) }, "\(late.tags)")
            #expect(!late.tags.contains("N") && !late.tags.contains("A"))
        }
    }

    /// A client that keeps its server gets them with what it reads next, and its answers are its own.
    @Test(arguments: [false, true])
    func `to a client that keeps its server they come between two answers`(atOnce: Bool) throws {
        try TestProxy.run({ try Self.afterwards($0, at: atOnce) }, configure: { Self.alone(&$0, .session) }) { proxy in
            let client = try proxy.goodClient()
            #expect(try client.query("SELECT 'last'").tags == "TDCZ")
            Pause.milliseconds(60)
            #expect(try client.query("SELECT 'still here'").tags == "NASTDCZ")
            try TestProxy.expectWorking(client)
            try TestProxy.expectWorking(try proxy.goodClient())
        }
    }
}
