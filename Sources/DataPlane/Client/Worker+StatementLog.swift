import ProxyCore
import Wire

/// Statements in the log, with pgpool's words: its own tests and its users look for them. Nothing of it is looked at
/// while no parameter and no session asks for it.
extension Worker {
    /// Longer texts are cut.
    private static let textMax = 8 << 10

    /// Another setting, or a session that has one of its own.
    mutating func watchStatements() {
        logsStatements = !settings.statementLogging.isNothing || ownLoggings > 0
    }

    mutating func setOwnLogging(_ index: Int32, _ own: OwnStatementLogging) {
        let client = clients[index]
        let before = client.pointee.ownLogging
        ownLoggings += (own == OwnStatementLogging() ? 0 : 1) - (before == OwnStatementLogging() ? 0 : 1)
        client.pointee.ownLogging = own
        watchStatements()
    }

    /// A simple query was sent.
    @inline(never)
    mutating func logQuery(_ index: Int32, _ serverIndex: Int32, _ message: ClientMessage) {
        let body = UnsafeRawBufferPointer(
            start: message.start + 5, count: max(0, min(message.available, message.total) - 5))
        tell(index, serverIndex, Self.text(body), verb: "", isStatement: true)
    }

    @inline(never)
    mutating func logParse(_ index: Int32, _ serverIndex: Int32, _ text: UnsafeRawBufferPointer) {
        tell(index, serverIndex, Self.text(text), verb: "Parse: ", isStatement: false)
    }

    /// A Bind was sent: the portal is what its statement is.
    @inline(never)
    mutating func logBind(_ index: Int32, _ serverIndex: Int32, _ fields: BindFields) {
        let text = preparedText(index, fields.statement)
        let client = clients[index]
        if client.pointee.portalTexts == nil { client.pointee.portalTexts = PortalTexts() }
        client.pointee.portalTexts?.note(text, of: fields.portal)
        tell(index, serverIndex, text, verb: "Bind: ", isStatement: false)
    }

    @inline(never)
    mutating func logExecute(_ index: Int32, _ serverIndex: Int32, _ body: UnsafeRawBufferPointer) {
        let text = clients[index].pointee.portalTexts?.text(
            of: UnsafeRawBufferPointer(rebasing: body.prefix { $0 != 0 }))
        tell(index, serverIndex, text ?? "", verb: "Execute: ", isStatement: true)
    }

    private func preparedText(_ index: Int32, _ name: UnsafeRawBufferPointer) -> String {
        guard let names = clients[index].pointee.statements else { return "" }
        if !name.isEmpty {
            guard let entry = names.find(name), let body = statements.body(entry.statement) else { return "" }
            return body.withUnsafeBytes { Self.text($0) }
        }
        return names.unnamedParse.dropFirst(5).withUnsafeBytes { body in
            ParseFields(body).map { Self.text($0.text) } ?? ""
        }
    }

    /// Up to the first NUL.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(textMax).prefix { $0 != 0 }, as: UTF8.self)
    }

    private mutating func tell(
        _ index: Int32, _ serverIndex: Int32, _ text: String, verb: String, isStatement: Bool
    ) {
        let (client, server) = (clients[index], servers[serverIndex])
        let logging = client.pointee.ownLogging.over(settings.statementLogging)
        if isStatement, logging.contains(.statements) { log(.log, "statement: \(text)") }
        let node = server.pointee.node
        if logging.contains(.nodes) {
            log(.log, "DB node id: \(node) backend pid: \(server.pointee.processID) statement: \(verb)\(text)")
        }
        // Not into the middle of an answer's message.
        if logging.contains(.notices), server.pointee.bodyRemaining == 0 {
            let notice = "DB node id: \(node) statement: \(verb)\(text)"
            sendToClient(index, BackendMessage.notice(notice))
        }
    }
}

/// The texts of a client's portals, while somebody wants to see them.
final class PortalTexts {
    private var texts: [[UInt8]: String] = [:]

    func note(_ text: String, of portal: UnsafeRawBufferPointer) {
        // A client that names portals without end is no reason to keep them all.
        if texts.count >= 100 { texts = [:] }
        texts[Array(portal)] = text
    }

    func text(of portal: UnsafeRawBufferPointer) -> String? { texts[Array(portal)] }
}
