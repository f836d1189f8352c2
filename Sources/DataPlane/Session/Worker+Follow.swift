import Kernel
import ProxyCore
import Wire

/// Following the session: what a client's statements may have changed, and what the server says there is.
///
/// A statement that may change the session pins its client. Once its transaction is over the server is asked what there
/// is: the parameters become the client's own, to be set again on whichever server it is given next, and what cannot be
/// brought elsewhere keeps it pinned. The question costs the client no round trip: it is sent behind the answer.
extension Worker {
    /// Notes what a simple query, which was just sent, may change of its client's session.
    @inline(never)
    mutating func noteEffects(
        _ index: Int32, on serverIndex: Int32, _ verdict: StatementVerdict, _ message: ClientMessage
    ) {
        let isAlone = verdict.transaction == .none && isOutside(serverIndex, requests: 1)
        let text = message.isWhole ? SetParameters(in: verdict.effects, text(of: message)) : nil
        noteSession(index, serverIndex, verdict.effects, text, isAlone: isAlone)
    }

    /// The same for a Bind that is about to be sent; its text was noted with the Parse.
    @inline(never)
    mutating func noteEffects(
        _ index: Int32, on serverIndex: Int32, bound effects: SessionEffects, _ name: UnsafeRawBufferPointer,
        isFirst: Bool
    ) {
        let isAlone = isFirst && isOutside(serverIndex, requests: 0)
        // An unnamed statement of an earlier group may be one whose Parse was skipped.
        let isSure = !name.isEmpty || clients[index].pointee.flags.contains(.parsedUnnamed)
        let names = isSure ? clients[index].pointee.followed?.names(preparedAs: name) : nil
        noteSession(index, serverIndex, effects, names, isAlone: isAlone)
        clients[index].pointee.followed?.noteBound()
    }

    /// The same for what nobody has read.
    mutating func noteUnread(_ index: Int32, on serverIndex: Int32, _ effects: SessionEffects) {
        noteSession(index, serverIndex, effects, nil, isAlone: false)
    }

    /// Whether no transaction block is open, nor will be once so many requests are answered.
    private func isOutside(_ serverIndex: Int32, requests: Int) -> Bool {
        let server = servers[serverIndex]
        guard server.pointee.transaction.isIdle else { return false }
        let replies = server.pointee.replies
        return (0..<replies.count).count { !replies[$0].isHidden && replies[$0].endsWithReady } == requests
    }

    private mutating func noteSession(
        _ index: Int32, _ serverIndex: Int32, _ effects: SessionEffects, _ text: SetParameters?, isAlone: Bool
    ) {
        let client = clients[index]
        let effects = withPrepared(effects, of: index)
        // Where nothing is, nothing ends; DISCARD ALL has a way of its own.
        var open = effects.subtracting([.discardAll, .reset])
        if !client.pointee.flags.contains(.isPinned) {
            open.subtract(SessionEffects.clearing.subtracting(.resetAll))
            if client.pointee.parameters == ParameterSets.none { open.remove(.resetAll) }
        }
        if open.isEmpty { return }
        let session = followedSession(index)
        session.note(effects, text, isAlone: isAlone)
        if effects.contains(.parameter), session.hasHiddenNames { client.pointee.pins.insert(.parameter) }
        if effects.contains(.logins) {
            session.changesLogins = true
            renewServersEverywhere()
        }
        if effects.contains(.catalog) { session.changesCatalog = true }
        if effects.asksSequences, !client.pointee.pins.contains(.sequence) { session.hasJustAskedSequences = true }
        client.pointee.pins.formUnion(SessionPins(effects))
        pinUntilInspected(index)
        let bringsBack = !effects.isDisjoint(with: [.reset, .resetAll])
        if text.map({ $0.changesTexts }) ?? effects.contains(.parameter) { client.pointee.flags.insert(.isResetting) }
        if bringsBack, session.start != ParameterSets.none {
            client.pointee.flags.insert(.isResetting)
            session.bringsBack = true
        }
        if effects.contains(.load) {
            // The library stays loaded, whatever is reset.
            servers[serverIndex].pointee.flags.insert(.isDoomed)
            servers[serverIndex].pointee.deadline = .max
        }
    }

    /// EXECUTE does what was prepared with SQL; which of it, nobody has noted.
    private mutating func withPrepared(_ effects: SessionEffects, of index: Int32) -> SessionEffects {
        if effects.contains(.preparedStatement) {
            followedSession(index).preparedEffects.formUnion(effects.subtracting(.preparedStatement))
        }
        guard effects.contains(.executes) else { return effects }
        let prepared = clients[index].pointee.followed?.preparedEffects ?? []
        return effects.subtracting(.executes).union(prepared)
    }

    /// Notes with a Parse what the text alone shows; the effects come with each Bind.
    mutating func noteParsed(
        _ index: Int32, _ effects: SessionEffects, _ text: UnsafeBufferPointer<UInt8>, _ name: UnsafeRawBufferPointer
    ) {
        if let names = SetParameters(in: effects, text) { followedSession(index).note(prepared: names, as: name) }
    }

    mutating func followedSession(_ index: Int32) -> FollowedSession {
        let client = clients[index]
        if let session = client.pointee.followed { return session }
        let start = client.pointee.parameters
        parameterSets.retain(start)
        let session = FollowedSession(start: start, entries: parameterSets.entries(start))
        client.pointee.followed = session
        return session
    }

    /// Keeps the client on its server until the server has said what there is of the session.
    mutating func pinUntilInspected(_ index: Int32) {
        let client = clients[index]
        if client.pointee.flags.insert(.isPinned).inserted {
            followedSession(index).notePin(at: Clock.wallSeconds())
        }
        client.pointee.pins.insert(.unchecked)
        client.pointee.flags.insert(.needsInspection)
    }

    /// Asks the server what there is of the session, now that its transaction is over.
    mutating func inspect(_ index: Int32, on serverIndex: Int32) {
        let client = clients[index]
        client.pointee.flags.remove(.needsInspection)
        let session = followedSession(index)
        if session.changesLogins {
            // Those that were connected meanwhile may have seen the time before.
            session.changesLogins = false
            renewServersEverywhere()
        }
        let (inspection, names) = session.beginInspection()
        let user = identities[client.pointee.identity].pointee.user
        let query = inspection.query(user: user, names: names)
        if query.isEmpty { return inspected(index, on: serverIndex) }
        sendHiddenQuery(serverIndex, query, expecting: .inspection)
    }

    private mutating func renewServersEverywhere() {
        shared.post(.renewServers, except: id)
        renewServers()
    }

    /// An error of the client's statement: what it has set may be taken back.
    mutating func noteSessionError(_ index: Int32) {
        guard let session = clients[index].pointee.followed else { return }
        session.noteError()
        // It has drawn nothing, then, and there is nothing to keep a server for.
        if session.hasJustAskedSequences { clients[index].pointee.pins.remove(.sequence) }
        session.hasJustAskedSequences = false
    }

    /// One row of the server's answer.
    mutating func takeInspectionRow(_ serverIndex: Int32, _ body: UnsafeRawBufferPointer) {
        let index = servers[serverIndex].pointee.client
        guard index >= 0, let session = clients[index].pointee.followed else { return }
        session.inspection?.add(row: body)
    }

    /// The server's answer is complete.
    mutating func inspected(_ index: Int32, on serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        let failure = server.pointee.hiddenFailure
        server.pointee.hiddenFailure = nil
        guard let session = client.pointee.followed, let inspection = session.inspection else { return }
        session.inspection = nil
        let wasReset = session.isAskedAfterReset
        // Another reset may have come meanwhile.
        if !session.hasReset { client.pointee.flags.remove(.isResetting) }
        guard failure == nil, !inspection.isBroken else {
            log(
                .warning,
                "\(describe(index)): the state of the session cannot be told: "
                    + (failure?.message ?? "the server's answer was not understood"))
            client.pointee.pins.insert(.unknown)
            return
        }
        var missing: Set<String> = []
        if inspection.scope.contains(.parameters) {
            missing = adopt(inspection.parameters, index, serverIndex, start: session.start, wasReset: wasReset)
        } else if inspection.scope.contains(.named) {
            let wanted = parameterSets.entries(client.pointee.parameters) + inspection.parameters
            let applied = parameterSets.entries(server.pointee.applied) + inspection.parameters
            replaceParameters(index, serverIndex, wanted: wanted, applied: applied)
        }
        if wasReset { bringBack(index, on: serverIndex) }
        if !session.hasReset { session.bringsBack = false }
        tell(session, index, serverIndex, except: missing)
        client.pointee.pins.remove(.unchecked)
        if inspection.scope.contains(.pins) {
            client.pointee.pins = client.pointee.pins.intersection(.lasting).union(inspection.pins)
        }
        if client.pointee.flags.contains(.needsInspection) { client.pointee.pins.insert(.unchecked) }
        if client.pointee.pins.isEmpty { client.pointee.flags.remove(.isPinned) }
    }

    /// Takes over the parameters that the server has. One of the client's start that is missing was reset, which means
    /// its start value to the client, and not the server's own.
    /// - Parameter wasReset: a custom parameter that is empty may have been reset.
    /// - Returns: the names of those that are missing.
    private mutating func adopt(
        _ found: [ParameterSets.Entry], _ index: Int32, _ serverIndex: Int32, start: ParameterSets.ID, wasReset: Bool
    ) -> Set<String> {
        // A custom parameter that was reset is not gone, but empty.
        let names = Set(
            found.lazy.filter { !(wasReset && $0.value.isEmpty && $0.name.contains(".")) }.map { $0.name.lowercased() })
        let missing = parameterSets.entries(start).filter { !names.contains($0.name) }
        replaceParameters(index, serverIndex, wanted: found + missing, applied: found)
        return Set(missing.map(\.name))
    }

    mutating func replaceParameters(
        _ index: Int32, _ serverIndex: Int32, wanted: [ParameterSets.Entry], applied: [ParameterSets.Entry]
    ) {
        let wanted = parameterSets.intern(wanted)
        let applied = parameterSets.intern(applied)
        let (before, appliedBefore) = (clients[index].pointee.parameters, servers[serverIndex].pointee.applied)
        clients[index].pointee.parameters = wanted
        servers[serverIndex].pointee.applied = applied
        releaseParameters(before)
        releaseParameters(appliedBefore)
    }
}
