import ProxyCore

/// Egret's own commands that a client has prepared in the extended protocol, and the one that is being answered.
final class LocalStatements {
    /// What is asked of the answer.
    enum Pending {
        case nothing
        case simpleQuery
        case describe(isPortal: Bool)
        case execute
    }

    private var texts: [[UInt8]: String] = [:]
    /// The text of the open portal.
    var bound: String?
    var pending = Pending.nothing

    var isEmpty: Bool { texts.isEmpty }
    var isFull: Bool { texts.count >= Limits.statementsPerClientMax }

    func text(of name: UnsafeRawBufferPointer) -> String? { texts[Array(name)] }

    /// - Parameter name: empty for the unnamed statement.
    func prepare(_ name: UnsafeRawBufferPointer, _ text: String) { texts[Array(name)] = text }

    func close(_ name: UnsafeRawBufferPointer) { texts[Array(name)] = nil }

    func closeAll() { texts = [:] }
}
