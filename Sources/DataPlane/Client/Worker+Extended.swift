import ProxyCore
import Wire

/// The extended query protocol: Describe, Execute, Close, Flush, Sync. Parse and Bind have files of their own.
extension Worker {
    /// The server for a message of a group: everything from the first message to its Sync runs on one server.
    ///
    /// A group whose messages up to the Sync are all here is judged as a whole. One that is not goes to the primary,
    /// unless nothing but Parse and Describe is there yet: what follows may still move it.
    /// - Parameter mayEndBlock: it may end a block, even one that has failed.
    mutating func placeGroup(
        _ index: Int32, _ message: ClientMessage, mayRead: Bool = true, mayEndBlock: Bool = false
    ) -> Placement {
        let client = clients[index]
        if mayEndBlock, client.pointee.server >= 0, waitsForParameters(index, on: client.pointee.server) {
            return .waits
        }
        if client.pointee.flags.contains(.isGroupOpen), client.pointee.server >= 0 {
            return placeInGroup(index, message, mayRead: mayRead)
        }
        let plan = mayRead ? planGroup(index, message) : GroupPlan(need: .primary, isWhole: false, judged: 0)
        let placement = place(index, plan.need)
        if case .server(let serverIndex) = placement {
            if mayEndBlock, waitsForParameters(index, on: serverIndex) { return .waits }
            if plan.need == .primary { prepareDrawing(index, on: serverIndex) }
            beginRequest(serverIndex, Request(isRepeatable: plan.need == .read, mayCommit: false))
            client.pointee.flags.insert(.isGroupOpen)
            client.pointee.flags.subtract([.hasPortal, .parsedUnnamed, .isPlanned])
            noteJudged(index, plan, message)
            if plan.need == .read {
                client.pointee.flags.insert(.isReadGroup)
            } else {
                client.pointee.flags.remove(.isReadGroup)
            }
        }
        return placement
    }

    /// A later message of a group. Only one that was a read so far has anything to decide.
    private mutating func placeInGroup(_ index: Int32, _ message: ClientMessage, mayRead: Bool) -> Placement {
        let client = clients[index]
        let current = client.pointee.server
        // Judged together with what came before it.
        if mayRead, client.pointee.judgedAhead >= message.total {
            client.pointee.judgedAhead -= Int32(message.total)
            return .server(current)
        }
        // After an error the server skips the rest of the group, and so must whatever comes up to the Sync.
        if servers[current].pointee.flags.contains(.skipsToSync) { return .server(current) }
        guard client.pointee.flags.contains(.isReadGroup),
            message.tag == FrontendTag.parse || message.tag == FrontendTag.bind
        else { return .server(current) }
        if client.pointee.flags.contains(.isPlanned) { return .server(current) }
        let plan = mayRead ? planGroup(index, message) : GroupPlan(need: .primary, isWhole: false, judged: 0)
        if plan.need == .read {
            noteJudged(index, plan, message)
            return .server(current)
        }
        if client.pointee.flags.contains(.hasPortal) {
            // Too late to move; what is not a read shows as an error of the standby.
            stopKeeping(current)
            client.pointee.flags.remove(.isReadGroup)
            return .server(current)
        }
        let placement = place(index, .primary)
        if case .server(let serverIndex) = placement {
            client.pointee.flags.remove(.isReadGroup)
            client.pointee.flags.insert(.isGroupOpen)
            beginRequest(serverIndex, Request(isRepeatable: false, mayCommit: false))
        }
        return placement
    }

    struct GroupPlan {
        var need: Need
        var isWhole: Bool
        /// Bytes from the first message on that were looked at.
        var judged: Int
    }

    /// What was looked at is not looked at again: a group without end would be read over and over.
    @inline(__always)
    private func noteJudged(_ index: Int32, _ plan: GroupPlan, _ message: ClientMessage) {
        let client = clients[index]
        if plan.isWhole { client.pointee.flags.insert(.isPlanned) }
        client.pointee.judgedAhead = plan.need == .read ? Int32(clamping: max(0, plan.judged - message.total)) : 0
    }

    /// Looks ahead over the messages that are here, from this one to the Sync.
    mutating func planGroup(_ index: Int32, _ message: ClientMessage) -> GroupPlan {
        var offset = 0
        var hasBind = false
        var hasParse = clients[index].pointee.flags.contains(.isGroupOpen)
        var hasUnnamed = hasParse && clients[index].pointee.flags.contains(.parsedUnnamed)
        while message.available - offset >= 5 {
            let start = message.start + offset
            let tag = start.load(as: UInt8.self)
            let total = Int(start.bigEndianUInt32(at: 1)) + 1
            guard total >= 5, total <= message.available - offset else {
                // A long Bind is passed on before all of it is here, and what follows it is not known either.
                if tag == FrontendTag.bind { hasBind = true }
                break
            }
            let part = ClientMessage(tag: tag, start: start, total: total, available: total)
            switch tag {
            case FrontendTag.sync: return GroupPlan(need: .read, isWhole: true, judged: offset)
            case FrontendTag.parse:
                guard let fields = ParseFields(part.body) else {
                    return GroupPlan(need: .primary, isWhole: false, judged: offset)
                }
                guard classify(fields.text.bindMemory(to: UInt8.self), of: index).mayRunOnStandby else {
                    return GroupPlan(need: .primary, isWhole: false, judged: offset)
                }
                if fields.name.isEmpty { hasUnnamed = true } else { hasParse = true }
            case FrontendTag.bind:
                hasBind = true
                guard isRead(bind: part.body, of: index, hasParse, hasUnnamed: hasUnnamed) else {
                    return GroupPlan(need: .primary, isWhole: false, judged: offset)
                }
            case FrontendTag.describe, FrontendTag.execute, FrontendTag.close, FrontendTag.flush: break
            default: return GroupPlan(need: .primary, isWhole: false, judged: offset)
            }
            offset += total
        }
        return GroupPlan(need: hasBind ? .primary : .read, isWhole: false, judged: offset)
    }

    /// Whether a Bind is of a statement that reads: one that the client has, or one that was parsed, and judged, within
    /// the group.
    private mutating func isRead(
        bind body: UnsafeRawBufferPointer, of index: Int32, _ hasParse: Bool, hasUnnamed: Bool
    ) -> Bool {
        guard let fields = BindFields(body) else { return false }
        if fields.statement.isEmpty {
            if hasUnnamed { return true }
            guard clients[index].pointee.statements?.unnamedParse.isEmpty == false else { return false }
            return statementEntry(index, fields.statement)?.isRead ?? false
        }
        return statementEntry(index, fields.statement)?.isRead ?? hasParse
    }

    mutating func takeDescribe(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        guard message.isWhole else { return shortMessage(index, message) }
        if let progress = takeLocally(index, message) { return progress }
        if clients[index].pointee.flags.contains(.hasLostTransaction) { return failLostGroup(index, message) }
        let target = TargetFields(message.body)
        if let target, target.isStatement, waitsForName(target.name, of: index) { return waitForName(index) }
        guard case .server(let serverIndex) = placeGroup(index, message) else { return .blocked }
        let server = servers[serverIndex]
        guard let fields = target else {
            return relayMalformed(index, message, to: serverIndex, .describePortal)
        }
        if fields.isStatement {
            let entry = statementEntry(index, fields.name)
            if let target = entry?.target, target.statement != 0 {
                showStatement(serverIndex, target.statement, isAlone: false)
            }
            useStatement(index, serverIndex, fields.name) { worker, name in
                worker.sendTarget(serverIndex, FrontendTag.describe, name)
            }
            server.pointee.replies.append(ExpectedReply(.describeStatement, statement: entry?.statement ?? 0))
        } else {
            relayToServer(serverIndex, message.start, message.total)
            server.pointee.replies.append(ExpectedReply(.describePortal))
        }
        keep(message, on: serverIndex)
        return .took(message.total)
    }

    mutating func takeExecute(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        guard message.isWhole else { return shortMessage(index, message) }
        if let progress = takeLocally(index, message) { return progress }
        if clients[index].pointee.flags.contains(.hasLostTransaction) { return failLostGroup(index, message) }
        guard case .server(let serverIndex) = placeGroup(index, message) else { return .blocked }
        if logsStatements { logExecute(index, serverIndex, message.body) }
        relayToServer(serverIndex, message.start, message.total)
        keep(message, on: serverIndex)
        // A portal of an earlier group may be anything, COMMIT too.
        if !clients[index].pointee.flags.contains(.hasPortal) {
            servers[serverIndex].pointee.flags.insert(.mayHaveCommitted)
            stopKeeping(serverIndex)
        }
        servers[serverIndex].pointee.replies.append(executeReply(index))
        if clients[index].pointee.flags.contains(.needsInspection) { clients[index].pointee.followed?.noteExecuted() }
        return .took(message.total)
    }

    /// What an Execute is answered by; that of a bound DEALLOCATE takes a name away.
    @inline(__always)
    private func executeReply(_ index: Int32) -> ExpectedReply {
        guard let names = clients[index].pointee.statements, let target = names.deallocating else {
            return ExpectedReply(.execute)
        }
        names.deallocating = nil
        return ExpectedReply(.execute, statement: target.statement, name: target.deallocates)
    }

    mutating func takeClose(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        guard message.isWhole else { return shortMessage(index, message) }
        if let progress = takeLocally(index, message) { return progress }
        if clients[index].pointee.flags.contains(.hasLostTransaction) { return failLostGroup(index, message) }
        guard case .server(let serverIndex) = placeGroup(index, message) else { return .blocked }
        let server = servers[serverIndex]
        guard let fields = TargetFields(message.body) else {
            return relayMalformed(index, message, to: serverIndex, .close)
        }
        if fields.isStatement, !fields.name.isEmpty,
            let serial = clients[index].pointee.statements?.beginClose(fields.name)
        {
            // The server keeps the statement for its other clients.
            owesLocally(serverIndex, ExpectedReply(.localCloseComplete, name: serial))
            // The name is gone: what used it in front of this cannot be asked again.
            stopKeeping(serverIndex)
            _ = answerLocallyIfNext(serverIndex)
            return .took(message.total)
        }
        let closesUnnamed = fields.isStatement && fields.name.isEmpty
        if fields.isStatement {
            sendTarget(serverIndex, FrontendTag.close, unknownName(fields.name))
        } else {
            relayToServer(serverIndex, message.start, message.total)
        }
        keep(message, on: serverIndex)
        server.pointee.replies.append(closesUnnamed ? closeUnnamed(index, serverIndex) : ExpectedReply(.close))
        return .took(message.total)
    }

    /// The server says what is wrong with it, and skips to the Sync.
    private mutating func relayMalformed(
        _ index: Int32, _ message: ClientMessage, to serverIndex: Int32, _ kind: ExpectedReply.Kind
    ) -> MessageProgress {
        relayToServer(serverIndex, message.start, message.total)
        stopKeeping(serverIndex)
        servers[serverIndex].pointee.replies.append(ExpectedReply(kind))
        return .took(message.total)
    }

    mutating func takeFlush(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        guard message.isWhole else { return shortMessage(index, message) }
        if let progress = takeLocally(index, message) { return progress }
        let serverIndex = clients[index].pointee.server
        let judged = clients[index].pointee.judgedAhead
        clients[index].pointee.judgedAhead = max(0, judged - Int32(message.total))
        if serverIndex >= 0 {
            relayToServer(serverIndex, message.start, message.total)
            keep(message, on: serverIndex)
        }
        return .took(message.total)
    }

    mutating func takeSync(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        guard message.isWhole else { return shortMessage(index, message) }
        let client = clients[index]
        if let progress = takeLocally(index, message) { return progress }
        let serverIndex = client.pointee.server
        let wasSkipping = client.pointee.flags.remove(.skipsToSync) != nil
        if client.pointee.flags.remove(.hasLostTransaction) != nil {
            sendToClient(index, Self.lostTransaction.bytes)
        }
        // Nothing is under way on a server: there is nothing to synchronize with.
        let isAlone = wasSkipping && !client.pointee.flags.contains(.isGroupOpen)
        guard serverIndex >= 0, !isAlone || !servers[serverIndex].isIdleInside else {
            client.pointee.flags.subtract([.isGroupOpen, .hasPortal, .isReadGroup])
            sendToClient(index, BackendMessage.readyForQuery(.idle))
            if serverIndex >= 0 { serverSettled(serverIndex) }
            return .took(message.total)
        }
        relayToServer(
            serverIndex, message.start, message.total, isLast: message.total == message.available)
        keep(message, on: serverIndex)
        let server = servers[serverIndex]
        if client.pointee.flags.contains(.isCopyingIn) {
            noteIgnoredSyncs(serverIndex, 1)
            return .took(message.total)
        }
        client.pointee.flags.subtract([.isGroupOpen, .hasPortal, .isReadGroup])
        server.pointee.replies.append(ExpectedReply(.sync))
        return .took(message.total)
    }

    /// These messages are short; one that claims to be long is not worth waiting for.
    func shortMessageIsTooLong(_ message: ClientMessage) -> Bool { message.total > Limits.wholeMessageMax }

    mutating func shortMessage(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        shortMessageIsTooLong(message) ? violate(index, "invalid message length") : .incomplete
    }

    /// Describe or Close of a statement, with another name.
    mutating func sendTarget(_ serverIndex: Int32, _ tag: UInt8, _ name: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: name.count + 7, alignment: 8) { space in
            guard let base = space.baseAddress else { return }
            base.storeBytes(of: tag, as: UInt8.self)
            base.storeBigEndian(UInt32(name.count + 6), at: 1)
            base.storeBytes(of: UInt8(ascii: "S"), toByteOffset: 5, as: UInt8.self)
            if let start = name.baseAddress { (base + 6).copyMemory(from: start, byteCount: name.count) }
            base.storeBytes(of: 0, toByteOffset: name.count + 6, as: UInt8.self)
            sendToServer(serverIndex, base, name.count + 7)
        }
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    func storeBigEndian(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }
}
