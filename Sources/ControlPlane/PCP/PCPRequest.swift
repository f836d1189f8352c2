package import ProxyCore

/// What a PCP client asks.
package enum PCPRequest: Sendable, Equatable {
    /// `M`: the salt for a login.
    case salt
    /// `R`
    case login(PCPCredentials)
    /// `L`
    case nodeCount
    /// `I`; nil is every node.
    case nodeInfo(Int?)
    /// `N`
    case processCount
    /// `P`; nil is every process.
    case processInfo(Int?)
    /// `H`
    case healthCheckStatistics(Int)
    /// `B`
    case poolStatus
    /// `C`
    case attach(Int)
    /// `D`, and `d` for gracefully.
    case detach(Int, gracefully: Bool)
    /// `O`
    case recover(Int)
    /// `J`, and `j` for gracefully.
    case promote(Int, Promotion, gracefully: Bool)
    /// `T`, and `t` for the whole watchdog cluster, which is this process.
    case stop(StopMode)
    /// `W`
    case watchdogInfo
    /// `Z`
    case reload
    /// `V`
    case rotateLog
    /// `G`
    case invalidateCache
    /// `A`
    case setParameter(name: String)
    /// `F`, which old clients send and nobody answers.
    case unanswered
    /// `X`
    case disconnect
}

/// A user and what it made of the salt and its password.
package struct PCPCredentials: Sendable, Equatable {
    package var user: String
    /// 32 hexadecimal digits from an honest client.
    package var digest: String

    package init(user: String, digest: String) {
        self.user = user
        self.digest = digest
    }
}

/// Why a frame is no request.
package enum PCPRequestError: Error, Equatable {
    case unknownType(UInt8)
    /// The type is known, the body is not what belongs to it.
    case malformed
}

extension PCPRequest {
    package init(_ frame: PCPFrame) throws(PCPRequestError) {
        var body = PCPBody(frame.body)
        switch frame.type {
        case UInt8(ascii: "M"): self = .salt
        case UInt8(ascii: "R"): self = .login(PCPCredentials(user: try body.string(), digest: try body.string()))
        case UInt8(ascii: "L"): self = .nodeCount
        case UInt8(ascii: "I"):
            let id = try body.number()
            self = .nodeInfo(id < 0 ? nil : id)
        case UInt8(ascii: "N"): self = .processCount
        case UInt8(ascii: "P"):
            let pid = try body.number()
            self = .processInfo(pid == 0 ? nil : pid)
        case UInt8(ascii: "H"): self = .healthCheckStatistics(try body.number())
        case UInt8(ascii: "B"): self = .poolStatus
        case UInt8(ascii: "C"): self = .attach(try body.number())
        case UInt8(ascii: "D"): self = .detach(try body.number(), gracefully: false)
        case UInt8(ascii: "d"): self = .detach(try body.number(), gracefully: true)
        case UInt8(ascii: "O"): self = .recover(try body.number())
        case UInt8(ascii: "J"): self = .promote(try body.number(), try body.promotion(), gracefully: false)
        case UInt8(ascii: "j"): self = .promote(try body.number(), try body.promotion(), gracefully: true)
        case UInt8(ascii: "T"), UInt8(ascii: "t"): self = .stop(try body.stopMode())
        case UInt8(ascii: "W"): self = .watchdogInfo
        case UInt8(ascii: "Z"): self = .reload
        case UInt8(ascii: "V"): self = .rotateLog
        case UInt8(ascii: "G"): self = .invalidateCache
        case UInt8(ascii: "A"): self = .setParameter(name: try body.string())
        case UInt8(ascii: "F"): self = .unanswered
        case UInt8(ascii: "X"): self = .disconnect
        default: throw .unknownType(frame.type)
        }
    }
}

/// The body of a request, read from the front.
private struct PCPBody {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Up to the next NUL.
    mutating func string() throws(PCPRequestError) -> String {
        guard let end = rest.firstIndex(of: 0) else { throw .malformed }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    /// A decimal number in a string; clients put a blank behind some of them.
    mutating func number() throws(PCPRequestError) -> Int {
        guard let number = Int32(try string().split(separator: " ").joined()) else { throw .malformed }
        return Int(number)
    }

    /// Clients before 4.3 send no kind.
    mutating func promotion() throws(PCPRequestError) -> Promotion {
        guard let first = rest.first else { return .takeNote }
        guard let kind = Promotion(rawValue: String(UnicodeScalar(first))) else { throw .malformed }
        return kind
    }

    func stopMode() throws(PCPRequestError) -> StopMode {
        switch rest.first {
        case UInt8(ascii: "s"): return .smart
        case UInt8(ascii: "f"): return .fast
        case UInt8(ascii: "i"): return .immediate
        default: throw .malformed
        }
    }
}
