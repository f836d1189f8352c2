import ProxyCore
import Wire

/// What each message of a server means for what it still owes.
extension Worker {
    mutating func takeReply(
        _ index: Int32, _ tag: UInt8, _ body: UnsafeRawBufferPointer, isWhole: Bool
    ) -> ReplyDisposition {
        let server = servers[index]
        switch server.pointee.state {
        case .authenticating:
            guard isWhole else {
                desynchronized(index, "an overlong message during the login")
                return .ended
            }
            let generation = server.pointee.generation
            let goesOn = takeLoginMessage(index, tag, body)
            guard goesOn, server.pointee.generation == generation else { return .ended }
            return server.pointee.state == .replicating ? .joined : .swallow
        case .idle: return takeUnasked(index, tag, body)
        case .linked, .resetting: break
        case .free, .connecting, .replicating: return .ended
        }
        let isHidden = isHidden(index)
        switch tag {
        case BackendTag.readyForQuery: return takeReady(index, body)
        case BackendTag.emptyQueryResponse:
            if server.pointee.flags.contains(.countsReady) { readyCounted(index) }
            finish(index, .execute)
        case BackendTag.commandComplete, BackendTag.portalSuspended:
            if server.pointee.flags.contains(.mayClear), isWhole { noteCleared(index, body) }
            finish(index, .execute)
        case BackendTag.errorResponse: return takeError(index, body, isWhole: isWhole, isHidden: isHidden)
        case BackendTag.parseComplete: return finishHideable(index, .parse)
        case BackendTag.bindComplete: finish(index, .bind)
        case BackendTag.closeComplete: return finishHideable(index, .close)
        case BackendTag.rowDescription, BackendTag.noData:
            finishDescribe(index)
        case BackendTag.copyInResponse, BackendTag.copyBothResponse:
            beginCopyIn(index, isBoth: tag == BackendTag.copyBothResponse)
        case BackendTag.parameterStatus:
            let isOurs = isHidden && !server.pointee.flags.contains(.countsReady)
            return takeParameterStatus(index, body, isWhole: isWhole, isHidden: isOurs)
        case BackendTag.noticeResponse:
            if isWhole, let disposition = takeLastWords(index, body) { return disposition }
            if let reply = server.pointee.replies.first, reply.kind == .parse, reply.statement != 0 {
                statements.noteWarning(reply.statement)
            }
            return isHidden || !isCurrent(index) ? .swallow : .pass
        case BackendTag.notificationResponse:
            // It belongs to nobody's answer, and who has asked for it keeps its server.
            return isCurrent(index) ? .pass : .swallow
        case BackendTag.authentication, BackendTag.backendKeyData:
            desynchronized(index, "a login message in the middle of a session")
            return .ended
        default: break
        }
        return isHidden ? .swallow : .pass
    }

    /// Whether what comes answers something that no client has asked for.
    @inline(__always)
    private func isHidden(_ index: Int32) -> Bool {
        let server = servers[index]
        if server.pointee.replies.isEmpty { return server.pointee.state == .resetting }
        if server.pointee.flags.contains(.skipsToSync) { return isSyncHidden(index) }
        return server.pointee.replies.isNextHidden
    }

    /// What a server skips it does not answer.
    @inline(__always)
    private func isSyncHidden(_ index: Int32) -> Bool {
        let replies = servers[index].pointee.replies
        return (0..<replies.count).first { replies[$0].endsWithReady }.map { replies[$0].isHidden } ?? false
    }

    /// A command has dropped what Egret has set or prepared on the server.
    private mutating func noteCleared(_ serverIndex: Int32, _ body: UnsafeRawBufferPointer) {
        let server = servers[serverIndex]
        let tag = String(decoding: body.dropLast(), as: UTF8.self)
        let isAll = tag == "DISCARD ALL"
        guard isAll || tag == "DEALLOCATE ALL" else { return }
        server.pointee.forgetStatements()
        let index = server.pointee.client
        guard index >= 0 else { return }
        if isAll { return sessionDiscarded(index, on: serverIndex) }
        forgetNames(index)
    }

    @inline(__always)
    func isCurrent(_ index: Int32) -> Bool {
        let client = servers[index].pointee.client
        return client >= 0 && clients[client].pointee.server == index
    }

    /// Takes an entry off the queue if it is the one that this message answers.
    @inline(__always)
    private mutating func finish(_ index: Int32, _ kind: ExpectedReply.Kind) {
        guard servers[index].pointee.replies.isNext(kind) else { return }
        let reply = servers[index].pointee.replies.removeFirst()
        // Noted when it was sent, and forgotten if an earlier Parse of it has failed meanwhile.
        if kind == .parse, reply.statement != 0 { servers[index].pointee.statements.insert(reply.statement) }
        if reply.name != 0, !reply.isHidden { finishNamed(reply, index) }
        noteLocalAnswers(index)
    }

    /// What the answer means for the client's names.
    private mutating func finishNamed(_ reply: ExpectedReply, _ index: Int32) {
        let server = servers[index]
        switch reply.kind {
        case .execute: deallocated(reply, on: index)
        case .parse where reply.isUnnamedParse, .close where reply.isCloseOfUnnamed:
            if server.pointee.client >= 0 {
                clients[server.pointee.client].pointee.statements?.unnamedParsed(reply.unnamedSerial)
            }
        case .query, .inspection, .functionCall, .parse, .bind, .close, .describeStatement, .describePortal, .sync,
            .copyEnd, .localParseComplete, .localCloseComplete:
            return
        }
    }

    /// The description of a statement is two messages, of which this one is the last; that of a portal is one.
    private mutating func finishDescribe(_ index: Int32) {
        let replies = servers[index].pointee.replies
        guard replies.isNext(.describePortal) || replies.isNext(.describeStatement) else { return }
        servers[index].pointee.replies.removeFirst()
        noteLocalAnswers(index)
    }

    /// What Egret answers itself must follow the message that is being taken, so it is left to that message's end.
    @inline(__always)
    private func noteLocalAnswers(_ index: Int32) {
        guard let first = servers[index].pointee.replies.first, first.isLocal else { return }
        servers[index].pointee.flags.insert(.owesLocalAnswer)
    }

    private mutating func finishHideable(_ index: Int32, _ kind: ExpectedReply.Kind) -> ReplyDisposition {
        let replies = servers[index].pointee.replies
        let isHidden = replies.isNext(kind) && replies.isNextHidden
        finish(index, kind)
        return isHidden ? .swallow : .pass
    }

    /// Sends what Egret answers itself, once everything in front of it is answered.
    mutating func answerLocally(_ index: Int32) {
        let server = servers[index]
        server.pointee.flags.remove(.owesLocalAnswer)
        while let reply = server.pointee.replies.first, reply.isLocal {
            server.pointee.replies.removeFirst()
            guard server.pointee.client >= 0 else { continue }
            if server.pointee.flags.contains(.hasRequests) { server.pointee.flags.insert(.hasAnswered) }
            switch reply.kind {
            case .localParseComplete: sendToClient(server.pointee.client, BackendMessage.parseComplete)
            case .localCloseComplete:
                forgetName(serial: reply.name, of: server.pointee.client)
                sendToClient(server.pointee.client, BackendMessage.closeComplete)
            case .query, .inspection, .functionCall, .parse, .bind, .close, .describeStatement, .describePortal,
                .execute, .sync, .copyEnd:
                break
            }
        }
    }

    /// Answers at once when nothing is owed in front of it, and the server is not skipping the group.
    /// - Returns: whether it did.
    mutating func answerLocallyIfNext(_ index: Int32) -> Bool {
        let server = servers[index]
        guard server.pointee.replies.count == 1, !server.pointee.flags.contains(.skipsToSync) else { return false }
        answerLocally(index)
        return true
    }

    private mutating func takeReady(_ index: Int32, _ body: UnsafeRawBufferPointer) -> ReplyDisposition {
        let server = servers[index]
        guard body.count == 1, let byte = body.first, let status = TransactionStatus(rawValue: byte) else {
            desynchronized(index, "a malformed ReadyForQuery")
            return .ended
        }
        server.pointee.transaction = status
        if !server.pointee.flags.isDisjoint(with: .changesReady), isCounted(index) { return .swallow }
        while server.pointee.replies.isNext(.copyEnd) {
            server.pointee.replies.removeFirst()
        }
        guard let reply = server.pointee.replies.first else {
            desynchronized(index, "ReadyForQuery that nobody waits for")
            return .ended
        }
        guard reply.endsWithReady else {
            desynchronized(index, "ReadyForQuery in front of an answer that is still owed")
            return .ended
        }
        server.pointee.replies.removeFirst()
        if server.pointee.flags.contains(.mayHaveWritten), status.isIdle { noteCommit(index) }
        if server.pointee.flags.contains(.hasIgnoredSyncs) { forgetIgnoredSyncs(index) }
        noteLocalAnswers(index)
        if server.pointee.flags.contains(.runsAlone) { return runOnAlone(index) }
        if reply.isHidden { return hiddenDone(index, reply.kind) }
        if server.pointee.flags.contains(.isToRepeat) { return .settle(isVisible: false) }
        if server.pointee.client >= 0 {
            // From here on it is the client's time.
            clients[server.pointee.client].pointee.lastActivity = now
            if holdsReady(server.pointee.client, index) { return .settle(isVisible: false) }
        }
        return .settle(isVisible: true)
    }

    private mutating func runOnAlone(_ index: Int32) -> ReplyDisposition {
        let generation = servers[index].pointee.generation
        continueAlone(index)
        // It may be another client's by now, whom nothing of this concerns.
        return servers[index].pointee.generation == generation ? .drop : .ended
    }

    /// A query of ours is answered.
    private mutating func hiddenDone(_ index: Int32, _ kind: ExpectedReply.Kind) -> ReplyDisposition {
        let server = servers[index]
        if server.pointee.state == .resetting {
            guard server.pointee.replies.isEmpty else { return .swallow }
            let generation = server.pointee.generation
            resetFinished(index)
            return server.pointee.generation == generation ? .swallow : .ended
        }
        let client = server.pointee.client
        guard client >= 0 else { return .swallow }
        if server.pointee.flags.contains(.cancelsLater) { cancelNow(index) }
        if kind == .inspection {
            inspected(client, on: index)
            return .settle(isVisible: false)
        }
        if let failure = server.pointee.hiddenFailure { return parametersRefused(index, failure) }
        if server.pointee.replies.isEmpty { server.pointee.flags.remove(.tellsClient) }
        if clients[client].pointee.state == .waitingWelcome && server.pointee.replies.isEmpty {
            welcome(client, from: index)
        }
        return .settle(isVisible: false)
    }

    /// The parameters that the client asked for are not accepted: PostgreSQL refuses such a session too. The server
    /// answers what was sent behind them with errors, and is cleaned for somebody else.
    private mutating func parametersRefused(_ index: Int32, _ failure: ErrorResponse) -> ReplyDisposition {
        let server = servers[index]
        let generation = server.pointee.generation
        server.pointee.hiddenFailure = nil
        server.pointee.flags.insert(.refuses)
        var error = failure
        error.severity = ErrorResponse.Severity.fatal.rawValue
        refuse(server.pointee.client, error)
        return server.pointee.generation == generation ? .drop : .ended
    }

    private mutating func takeError(
        _ index: Int32, _ body: UnsafeRawBufferPointer, isWhole: Bool, isHidden: Bool
    ) -> ReplyDisposition {
        let server = servers[index]
        if isWhole {
            let error = ErrorResponse(body: body)
            count(error, of: server.pointee.node)
            if error.isFatal {
                // The connection ends behind this; what the client is told depends on what it has under way.
                server.pointee.fatal = error
                noteShutdown(error, server.pointee.node)
                if mayRepeat(index) { return .drop }
                guard hasNothingUnderWay(index) else { return .swallow }
                serverLost(index, reason: error.message)
                return .ended
            }
            noteRole(error, server.pointee.node)
            if isForPrimary(error, from: index) {
                clients[server.pointee.client].pointee.flags.insert(.needsPrimary)
                return repeatAfterSync(index)
            }
            if noteOutdated(error, from: index) { return repeatAfterSync(index) }
            // What was drawn for somebody else is still there.
            if isHidden, server.pointee.replies.first == .mayFail { server.pointee.drewFor = .max }
            if server.pointee.flags.contains(.runsAlone) {
                // Whether the parameters are set, nobody knows.
                if isHidden, server.pointee.replies.isNext(.query), !server.pointee.flags.contains(.refuses) {
                    server.pointee.flags.insert(.isDoomed)
                }
                if !countsReady(index) { skipToSync(index) }
                return .swallow
            }
            let isOurs =
                isHidden && (server.pointee.replies.isNext(.query) || server.pointee.replies.isNext(.inspection))
            if isOurs || server.pointee.state == .resetting {
                let mayFail = server.pointee.replies.first.map { $0 == .mayFail } ?? false
                if !mayFail { server.pointee.hiddenFailure = error }
                return .swallow
            }
        }
        if server.pointee.client >= 0 {
            let client = clients[server.pointee.client]
            client.pointee.flags.subtract([.isCopyingIn, .isDiscarding])
            if client.pointee.flags.contains(.needsInspection) { noteSessionError(server.pointee.client) }
            if let reply = server.pointee.replies.first, reply.isUnnamedParse {
                client.pointee.statements?.unnamedFailed(reply.name)
            }
            if isWhole, let error = withClientsName(body, ofClient: server.pointee.client) {
                server.pointee.ownError = error
            }
        }
        if !countsReady(index) { skipToSync(index) }
        return server.pointee.ownError.isEmpty ? .pass : .swallow
    }

    private mutating func repeatAfterSync(_ index: Int32) -> ReplyDisposition {
        skipToSync(index)
        servers[index].pointee.flags.insert(.isToRepeat)
        return .drop
    }

    /// After an error PostgreSQL reads on to the next Sync. What was promised on the way there does not come, and what
    /// was noted of it is taken back.
    private mutating func skipToSync(_ index: Int32) {
        let server = servers[index]
        guard let first = server.pointee.replies.first, !first.endsWithReady else { return }
        discardToSync(index)
        if server.pointee.replies.isEmpty { server.pointee.flags.insert(.skipsToSync) }
    }

    mutating func discardToSync(_ index: Int32) {
        let server = servers[index]
        while let reply = server.pointee.replies.first, reply.kind != .sync {
            server.pointee.replies.removeFirst()
            switch reply.kind {
            case .parse where reply.statement != 0:
                // One that was to be replaced is still there.
                if !server.pointee.statements.isOutdated(reply.statement) {
                    server.pointee.statements.remove(reply.statement)
                }
                forgetName(reply.name, ofClientOf: index)
            case .localParseComplete: forgetName(reply.name, ofClientOf: index)
            case .localCloseComplete:
                if server.pointee.client >= 0 {
                    clients[server.pointee.client].pointee.statements?.undoClose(serial: reply.name)
                }
            case .close where reply.isHidden && reply.statement != 0:
                server.pointee.statements.insert(reply.statement)
                if reply.isOfOutdated { server.pointee.statements.markOutdated(reply.statement) }
            case .parse where reply == .parseOfTaken: continue
            case .parse:
                server.pointee.unnamedOwner = 0
                if !reply.isHidden, server.pointee.client >= 0 {
                    clients[server.pointee.client].pointee.statements?.unnamedSkipped(reply.name)
                }
            case .close where reply.isCloseOfUnnamed:
                server.pointee.unnamedOwner = 0
                if server.pointee.client >= 0 {
                    clients[server.pointee.client].pointee.statements?.unnamedSkipped(reply.statement)
                }
            case .query, .inspection, .functionCall, .bind, .close, .describeStatement, .describePortal, .execute,
                .sync, .copyEnd:
                break
            }
        }
    }

    /// Takes back that a client has prepared a statement.
    /// - Parameter name: the serial number of the name; 0 for none.
    mutating func forgetName(_ name: UInt32, ofClientOf index: Int32) {
        let client = servers[index].pointee.client
        if client >= 0 { forgetName(serial: name, of: client) }
    }

    mutating func forgetName(serial: UInt32, of index: Int32) {
        guard serial != 0, let entry = clients[index].pointee.statements?.remove(serial: serial) else { return }
        statements.release(entry.statement)
    }

    private func count(_ error: ErrorResponse, of node: NodeID) {
        switch error.severity {
        case ErrorResponse.Severity.panic.rawValue: statistics.count(.panic, node: node)
        case ErrorResponse.Severity.fatal.rawValue: statistics.count(.fatal, node: node)
        default: statistics.count(.error, node: node)
        }
    }

    /// A warning of a server that stops in a hurry is the last that it says.
    private mutating func takeLastWords(_ index: Int32, _ body: UnsafeRawBufferPointer) -> ReplyDisposition? {
        let notice = ErrorResponse(body: body)
        guard
            notice.sqlState == SQLState.adminShutdown.description
                || notice.sqlState == SQLState.crashShutdown.description
        else { return nil }
        if hasNothingUnderWay(index) {
            serverLost(index, reason: notice.message)
            return .ended
        }
        // A read that is asked again need not hear it.
        return mayRepeat(index) ? .drop : nil
    }

    /// A client has it and has not used it yet, or not since its last transaction: its end is nobody's loss.
    private func hasNothingUnderWay(_ index: Int32) -> Bool {
        let server = servers[index]
        return server.pointee.state == .linked && server.isIdleInside && !server.pointee.flags.contains(.hasRequests)
    }

    /// What is written to does not take writes: somebody has promoted another node.
    private func noteRole(_ error: ErrorResponse, _ node: NodeID) {
        guard error.sqlState == SQLState.readOnlyTransaction.description, Int16(node.rawValue) == nodes.primary else {
            return
        }
        shared.report(.promotionHint(node))
    }

    func noteShutdown(_ error: ErrorResponse, _ node: NodeID) {
        let isShutdown =
            error.sqlState == SQLState.adminShutdown.description
            || error.sqlState == SQLState.crashShutdown.description
        if isShutdown { shared.report(.nodeShutdown(node)) }
    }

    /// What a server says while nobody asks it anything.
    private mutating func takeUnasked(_ index: Int32, _ tag: UInt8, _ body: UnsafeRawBufferPointer) -> ReplyDisposition
    {
        switch tag {
        case BackendTag.parameterStatus:
            var reader = ByteReader(body)
            noteParameterStatus(index, body)
            if let name = try? reader.string(), let value = try? reader.string() {
                noteReport(index, name, value, isHeard: false)
            }
        case BackendTag.errorResponse:
            let error = ErrorResponse(body: body)
            noteShutdown(error, servers[index].pointee.node)
            guard error.isFatal else { break }
            // It ends behind this. A client that got it now would lose its statement for nothing.
            servers[index].pointee.fatal = error
            serverLost(index, reason: error.message)
            return .ended
        case BackendTag.noticeResponse, BackendTag.notificationResponse: break
        default:
            desynchronized(index, "message type \(tag) although nothing was asked")
            return .ended
        }
        return .swallow
    }
}

extension ExpectedReply {
    /// Egret closes a statement that cannot be used any more; in the place of a name's serial number stands a mark.
    static func closeOfOutdated(_ statement: UInt32) -> ExpectedReply {
        ExpectedReply(.close, isHidden: true, statement: statement, name: .max)
    }

    var isOfOutdated: Bool { name == .max }

    /// A Parse under a name that is taken: the server refuses it.
    static var parseOfTaken: ExpectedReply { ExpectedReply(.parse, name: .max) }

    /// The client prepares its unnamed statement, the one with this serial number.
    static func unnamedParse(_ serial: UInt32) -> ExpectedReply { ExpectedReply(.parse, name: serial) }

    var isUnnamedParse: Bool { kind == .parse && statement == 0 && !isHidden && self != .parseOfTaken }

    /// The client closes its unnamed statement, the one with this serial number.
    static func closeOfUnnamed(_ serial: UInt32) -> ExpectedReply {
        ExpectedReply(.close, statement: serial, name: .max)
    }

    var isCloseOfUnnamed: Bool { kind == .close && name == .max && !isHidden }

    /// Of what it does to the client's unnamed statement.
    var unnamedSerial: UInt32 { kind == .close ? statement : name }

    /// A query of Egret's own. Without it the client's next statement would not mean what it says.
    static var hidden: ExpectedReply { ExpectedReply(.query, isHidden: true) }
    /// One that a failed transaction block may refuse, as it refuses what follows.
    static var mayFail: ExpectedReply { ExpectedReply(.query, isHidden: true, name: .max) }
    static var inspection: ExpectedReply { ExpectedReply(.inspection, isHidden: true) }

    /// Answered by Egret, or by nobody, but not by the server.
    var isLocal: Bool {
        switch kind {
        case .localParseComplete, .localCloseComplete, .copyEnd: true
        case .query, .inspection, .functionCall, .parse, .bind, .close, .describeStatement, .describePortal, .execute,
            .sync:
            false
        }
    }

    /// ReadyForQuery is the end of its answer.
    var endsWithReady: Bool {
        switch kind {
        case .query, .inspection, .functionCall, .sync: true
        case .parse, .bind, .close, .describeStatement, .describePortal, .execute, .copyEnd, .localParseComplete,
            .localCloseComplete:
            false
        }
    }
}
