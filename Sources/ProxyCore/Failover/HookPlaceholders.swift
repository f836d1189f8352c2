/// A node as a hook's command line names it.
package struct HookNode: Sendable, Equatable {
    package var id: NodeID
    package var host: String
    package var port: UInt16
    package var dataDirectory: String

    package init(id: NodeID, host: String, port: UInt16, dataDirectory: String) {
        self.id = id
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
    }
}

/// The values of the `%` letters in `failover_command`, `failback_command` and `follow_primary_command`.
///
/// For `follow_primary_command` the "new main" is the new primary, and the "old main" is the old primary.
///
/// The values go into the command line as they are, without quotes and without pgpool 4.4's leading blanks: scripts
/// quote their own arguments, and a stray blank would only show in logs.
package struct HookPlaceholders: Sendable, Equatable {
    /// The node that failed or was attached: `%d %h %p %D`.
    package var node: HookNode
    /// The lowest usable node from now on: `%m %H %r %R`.
    package var newMain: HookNode?
    /// The lowest usable node until now: `%M`.
    package var oldMain: NodeID?
    /// The primary until now: `%P %N %S`.
    package var oldPrimary: HookNode?

    package init(node: HookNode, newMain: HookNode?, oldMain: NodeID?, oldPrimary: HookNode?) {
        self.node = node
        self.newMain = newMain
        self.oldMain = oldMain
        self.oldPrimary = oldPrimary
    }

    /// The command line for `/bin/sh -c`. An unknown letter disappears with its `%`, and so does a `%` at the end.
    package func expand(_ template: String) -> String {
        var command = ""
        command.reserveCapacity(template.utf8.count * 2)
        var letters = template.unicodeScalars.makeIterator()
        while let letter = letters.next() {
            guard letter == "%" else {
                command.unicodeScalars.append(letter)
                continue
            }
            guard let key = letters.next() else { break }
            command += value(of: key) ?? ""
        }
        return command
    }

    /// What stands where a value is missing: numbers become -1, words become two double quotes, so that the
    /// positions of the other arguments do not shift.
    private static let noWord = "\"\""
    private static let noNumber = "-1"

    private func value(of key: Unicode.Scalar) -> String? {
        switch key {
        case "d": node.id.description
        case "h": node.host
        case "p": String(node.port)
        case "D": node.dataDirectory
        case "m": newMain?.id.description ?? Self.noNumber
        case "H": newMain?.host ?? Self.noWord
        case "r": newMain.map { String($0.port) } ?? Self.noWord
        case "R": newMain?.dataDirectory ?? Self.noWord
        case "M": oldMain?.description ?? Self.noNumber
        case "P": oldPrimary?.id.description ?? Self.noNumber
        case "N": oldPrimary?.host ?? Self.noWord
        case "S": oldPrimary.map { String($0.port) } ?? Self.noWord
        case "%": "%"
        default: nil
        }
    }
}
