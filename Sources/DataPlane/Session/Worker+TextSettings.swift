import ProxyCore
import Wire

/// How a client's texts are to be read: two parameters, which every server reports, change the lexical rules.
extension Worker {
    /// What a text means.
    @inline(__always)
    func classify(_ text: UnsafeBufferPointer<UInt8>, of index: Int32) -> StatementVerdict {
        let flags = clients[index].pointee.flags
        return StatementClassifier.classify(
            text, standardConformingStrings: !flags.contains(.escapesInStrings),
            hasASCIISafeEncoding: !flags.contains(.hidesASCII),
            catalog: identities[clients[index].pointee.identity].pointee.catalog)
    }

    /// Takes over what the client's server reports.
    mutating func noteTextSettings(_ index: Int32, from serverIndex: Int32) {
        clients[index].pointee.flags.subtract([.escapesInStrings, .hidesASCII])
        clients[index].pointee.flags.formUnion(textFlags(of: servers[serverIndex].pointee.reported))
    }

    /// A server reports a parameter. The client is told unless it concerns nobody but Egret, or a reset that brings
    /// back the server's value where the client's own one from the session's start is about to be set again.
    mutating func takeParameterStatus(
        _ serverIndex: Int32, _ body: UnsafeRawBufferPointer, isWhole: Bool, isHidden: Bool
    ) -> ReplyDisposition {
        let server = servers[serverIndex]
        var reader = ByteReader(body)
        let name = isWhole ? (try? reader.string()) ?? "" : ""
        let value = isWhole ? (try? reader.string()) ?? "" : ""
        let before = server.pointee.reported[name]
        if isWhole {
            noteParameterStatus(serverIndex, body)
            noteReport(serverIndex, name, value, isHeard: !isHidden && isCurrent(serverIndex))
        }
        // A held server that is not the one in use must not contradict it.
        guard isCurrent(serverIndex) else { return .swallow }
        let index = server.pointee.client
        if isHidden {
            guard server.pointee.flags.contains(.tellsClient) else { return .swallow }
            if clients[index].pointee.followed?.told.removeValue(forKey: name) == value { return .swallow }
        } else if server.pointee.transaction.isIdle, isBroughtBack(name, index, serverIndex) {
            let session = followedSession(index)
            if session.told[name] == nil { session.told[name] = before ?? value }
            return .swallow
        }
        noteTextSettings(index, from: serverIndex)
        return .pass
    }

    /// Whether a parameter is being reset whose start value came with the startup packet.
    private func isBroughtBack(_ name: String, _ index: Int32, _ serverIndex: Int32) -> Bool {
        let (client, replies) = (clients[index], servers[serverIndex].pointee.replies)
        // Nothing is sent behind a reset: what is answered now stood in front of it.
        if (0..<replies.count).count(where: { replies[$0].endsWithReady && !replies[$0].isHidden }) > 1 { return false }
        let isReset = client.pointee.flags.contains(.isDiscarding) || client.pointee.followed?.bringsBack == true
        if !isReset { return false }
        let start = client.pointee.followed?.start ?? client.pointee.parameters
        return parameterSets.entries(start).contains { $0.name == name.lowercased() }
    }

    private func textFlags(of reported: [String: String]) -> ClientConnection.Flags {
        var flags: ClientConnection.Flags = []
        if reported["standard_conforming_strings"] == "off" { flags.insert(.escapesInStrings) }
        if let encoding = reported["client_encoding"], Self.encodingsThatHide.contains(encoding) {
            flags.insert(.hidesASCII)
        }
        return flags
    }

    /// Client encodings in which a byte of ASCII may be part of a longer character.
    private static let encodingsThatHide: Set<String> = [
        "SJIS", "SHIFT_JIS_2004", "BIG5", "GBK", "UHC", "GB18030", "JOHAB",
    ]
}
