import ProxyCore

/// Cancel requests that come while a server runs something of Egret's own in front of the client's statement.
///
/// A Parse that makes the client's statement known to this server is part of that statement: when it is cancelled, the
/// client gets the error as its answer. A query of Egret's own is not what the client wants to end, so the request
/// waits.
extension Worker {
    /// - Returns: whether the request waits for the end of a query of Egret's own, or is for nothing.
    mutating func postponesCancel(_ serverIndex: Int32, of bearer: CancelBearer) -> Bool {
        let server = servers[serverIndex]
        guard isAtOwnQuery(serverIndex) else { return false }
        let replies = server.pointee.replies
        let hasStatement = (0..<replies.count).contains { !replies[$0].isHidden }
        if hasStatement, server.pointee.flags.insert(.cancelsLater).inserted {
            server.pointee.cancelBearer = bearer
        } else {
            dismiss(bearer)
        }
        return true
    }

    private func isAtOwnQuery(_ serverIndex: Int32) -> Bool {
        guard let first = servers[serverIndex].pointee.replies.first, first.isHidden else { return false }
        switch first.kind {
        case .query, .inspection: return true
        case .functionCall, .parse, .bind, .close, .describeStatement, .describePortal, .execute, .sync, .copyEnd,
            .localParseComplete, .localCloseComplete:
            return false
        }
    }

    /// There is nothing left to cancel.
    mutating func dismissWaitingCancel(_ serverIndex: Int32) {
        servers[serverIndex].pointee.flags.remove(.cancelsLater)
        guard let bearer = servers[serverIndex].pointee.cancelBearer else { return }
        servers[serverIndex].pointee.cancelBearer = nil
        dismiss(bearer)
    }

    /// A query of Egret's own has ended, and a cancel request has come meanwhile.
    mutating func cancelNow(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        if isAtOwnQuery(serverIndex) { return }
        server.pointee.flags.remove(.cancelsLater)
        guard let bearer = server.pointee.cancelBearer else { return }
        server.pointee.cancelBearer = nil
        guard !server.pointee.replies.isEmpty else { return dismiss(bearer) }
        server.pointee.flags.insert(.wasCanceled)
        if !sendCancel(forServer: serverIndex, of: bearer) { dismiss(bearer) }
    }
}
