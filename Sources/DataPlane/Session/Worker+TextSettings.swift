import ProxyCore

/// How a client's texts are to be read: two parameters, which every server reports, change the lexical rules.
extension Worker {
    /// What a text means.
    @inline(__always)
    func classify(_ text: UnsafeBufferPointer<UInt8>, of index: Int32) -> StatementVerdict {
        let flags = clients[index].pointee.flags
        return StatementClassifier.classify(
            text, standardConformingStrings: !flags.contains(.escapesInStrings),
            hasASCIISafeEncoding: !flags.contains(.hidesASCII))
    }

    /// Takes over what the client's server reports.
    mutating func noteTextSettings(_ index: Int32, from serverIndex: Int32) {
        clients[index].pointee.flags.subtract([.escapesInStrings, .hidesASCII])
        clients[index].pointee.flags.formUnion(textFlags(of: servers[serverIndex].pointee.reported))
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
