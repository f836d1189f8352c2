import ProxyCore
import Wire

/// RESET, SET ... TO DEFAULT and DISCARD ALL: to the client the values of its startup packet are the defaults, to the
/// server they are nothing but settings. So they are set again, and only then is the client told that all is done.
extension Worker {
    /// ReadyForQuery for the client.
    /// - Returns: whether the client gets it later.
    @inline(__always)
    mutating func holdsReady(_ index: Int32, _ serverIndex: Int32) -> Bool {
        if clients[index].pointee.flags.isDisjoint(with: .changesWhatFollows) { return false }
        return holdsReadyOfReset(index, serverIndex)
    }

    @inline(never)
    private mutating func holdsReadyOfReset(_ index: Int32, _ serverIndex: Int32) -> Bool {
        let (client, server) = (clients[index], servers[serverIndex])
        guard server.isIdleInside else { return false }
        if client.pointee.flags.contains(.isDiscarding) { sessionDiscarded(index, on: serverIndex) }
        let isAskedFirst = client.pointee.followed.map { $0.bringsBack && $0.start != ParameterSets.none } ?? false
        let isUnderWay = client.pointee.flags.contains(.isResetting) && isAskedFirst
        guard isUnderWay || server.pointee.flags.contains(.tellsClient) else { return false }
        client.pointee.flags.insert(.owesReady)
        return true
    }

    /// The start values are back, if there are any: the client hears what it must, and that it may go on.
    mutating func finishReset(_ index: Int32, on serverIndex: Int32) {
        let client = clients[index]
        guard client.pointee.flags.contains(.owesReady), servers[serverIndex].isIdleInside,
            client.pointee.flags.isDisjoint(with: .changesWhatFollows)
        else { return }
        client.pointee.flags.remove(.owesReady)
        if let session = client.pointee.followed { tell(session, index, serverIndex, except: []) }
        sendToClient(index, BackendMessage.readyForQuery(.idle))
        client.pointee.lastActivity = now
        requestAnswered(serverIndex)
    }

    /// Sets the start values again that were reset, and tells the client what is not what it believes.
    mutating func bringBack(_ index: Int32, on serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.isIdleInside, server.pointee.applied != clients[index].pointee.parameters else { return }
        applyParameters(index, serverIndex)
        server.pointee.flags.insert(.tellsClient)
    }

    /// Parameters that were reset and set again at once, which the client has not been told yet.
    /// - Parameter missing: those whose start values are on their way; the client is told when they are back.
    mutating func tell(
        _ session: FollowedSession, _ index: Int32, _ serverIndex: Int32, except missing: Set<String>
    ) {
        for (name, told) in session.told where !missing.contains(name.lowercased()) {
            if let value = servers[serverIndex].pointee.reported[name], value != told {
                sendToClient(index, BackendMessage.parameterStatus(name, value))
            }
            session.told[name] = nil
        }
    }

    /// DISCARD ALL has run: the session is as it began.
    mutating func sessionDiscarded(_ index: Int32, on serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        client.pointee.flags.subtract([.isDiscarding, .isResetting, .needsInspection])
        client.pointee.pins.formIntersection(.loadedLibrary)
        if client.pointee.pins.isEmpty { client.pointee.flags.remove(.isPinned) }
        forgetNames(index)
        server.pointee.forgetStatements()
        releaseParameters(server.pointee.applied)
        server.pointee.applied = ParameterSets.none
        if let session = client.pointee.followed {
            parameterSets.retain(session.start)
            releaseParameters(client.pointee.parameters)
            client.pointee.parameters = session.start
        }
        if server.isIdleInside { return bringBack(index, on: serverIndex) }
        // The answer is not complete yet.
        guard server.pointee.applied != client.pointee.parameters else { return }
        followedSession(index).note(.resetAll, nil, isAlone: false)
        pinUntilInspected(index)
        client.pointee.flags.insert(.isResetting)
    }
}
