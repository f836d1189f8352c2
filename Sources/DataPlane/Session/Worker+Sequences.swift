import ProxyCore
import Wire

/// `currval` and `lastval` answer from what the session has drawn from sequences before, and no server tells what that
/// is. So each server remembers for whom it has drawn last, and each client where.
///
/// The first client that asks gets the server that has drawn for it, if nobody else has drawn there since, and keeps it
/// from then on. Where that is not to be had it gets PostgreSQL's own error for a session that has drawn nothing: never
/// another client's number.
extension Worker {
    /// A statement that may draw from a sequence goes to a server: by name, by a column's default, in a function.
    @inline(__always)
    mutating func noteDrawing(_ index: Int32, on serverIndex: Int32, _ kind: StatementKind) {
        guard kind.mayDraw else { return }
        let (client, server) = (clients[index], servers[serverIndex])
        server.pointee.drewFor = ClientReference(index: index, generation: client.pointee.generation).rawValue
        client.pointee.drewOn = ClientReference(index: serverIndex, generation: server.pointee.generation)
    }

    /// Gives a client that is about to ask for what it has drawn the server where it has, if that is free.
    @inline(never)
    mutating func returnToDrawn(_ index: Int32) {
        let client = clients[index]
        guard poolsTransactions, client.pointee.server < 0, let reference = client.pointee.drewOn else { return }
        let server = servers[reference.index]
        guard server.pointee.generation == reference.generation, server.pointee.state == .idle,
            Int16(server.pointee.node.rawValue) == nodes.primary, !isStale(reference.index),
            hasDrawn(reference.index, for: index)
        else { return }
        unlinkIdle(reference.index)
        link(index, reference.index)
    }

    /// Makes sure that a server does not answer with what it has drawn for somebody else.
    @inline(never)
    mutating func hideDrawn(_ index: Int32, on serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        guard server.pointee.drewFor != 0, !hasDrawn(serverIndex, for: index) else { return }
        // In the middle of a group a query of ours would end it.
        if client.pointee.flags.contains(.isGroupOpen) { return }
        sendHiddenQuery(serverIndex, "DISCARD SEQUENCES", expecting: .mayFail)
        server.pointee.drewFor = 0
    }

    private func hasDrawn(_ serverIndex: Int32, for index: Int32) -> Bool {
        let reference = ClientReference(index: index, generation: clients[index].pointee.generation)
        return servers[serverIndex].pointee.drewFor == reference.rawValue
    }
}

extension StatementKind {
    fileprivate var mayDraw: Bool {
        @inline(__always) get {
            switch self {
            case .select, .insert, .update, .delete, .merge, .copy, .explain, .procedure, .prepared, .cursor, .ddl,
                .other:
                true
            case .empty, .show, .set, .transaction, .notification, .maintenance, .lock: false
            }
        }
    }
}
