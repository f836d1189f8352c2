/// What a startup packet's `replication` asks for: a server process that sends WAL, instead of one that runs SQL.
package enum ReplicationMode: Sendable {
    /// An ordinary session.
    case none
    /// Of the whole cluster: such a connection has no database.
    case physical
    /// Of one database, in which it also runs SQL.
    case logical

    /// The value as PostgreSQL reads it (ProcessStartupPacket, parse_bool): the word `database`, or a boolean, which
    /// may be cut short and written in any case. nil: it is neither.
    package init?(_ value: String) {
        if value == "database" {
            self = .logical
            return
        }
        let word = value.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        func isBeginning(of whole: String, from length: Int = 1) -> Bool {
            word.count >= length && whole.utf8.starts(with: word)
        }
        if isBeginning(of: "true") || isBeginning(of: "yes") || isBeginning(of: "on", from: 2) || word == [0x31] {
            self = .physical
        } else if isBeginning(of: "false") || isBeginning(of: "no") || isBeginning(of: "off", from: 2)
            || word == [0x30]
        {
            self = .none
        } else {
            return nil
        }
    }
}
