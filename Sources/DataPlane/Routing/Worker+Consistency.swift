import Kernel
import ProxyCore

/// Reading one's own writes: `read_consistency`.
///
/// A client that has written is remembered with the moment at which it heard of that. Its reads go to nodes that have
/// everything from before that moment, and until then to the primary. Nothing is asked for it on the way of a
/// statement: the control plane watches the nodes' positions while somebody's writes are not everywhere yet.
extension Worker {
    /// A statement that may write was sent.
    @inline(__always)
    mutating func noteMayWrite(_ serverIndex: Int32) { servers[serverIndex].pointee.flags.insert(.mayHaveWritten) }

    /// No transaction is open on the server any more, and one of its client's may have written.
    @inline(never)
    mutating func noteCommit(_ serverIndex: Int32) {
        let (index, isLast) = (servers[serverIndex].pointee.client, servers[serverIndex].pointee.replies.isEmpty)
        noteWrite(of: index)
        if index >= 0, let session = clients[index].pointee.followed, session.changesCatalog {
            // Before its answer is on its way: whoever hears of it must not be answered by what was known before.
            noteCatalogChange(by: index)
            if isLast { session.changesCatalog = false }
        }
        // Those that were sent behind it are not answered yet.
        if isLast { servers[serverIndex].pointee.flags.remove(.mayHaveWritten) }
    }

    /// The node may have gone back to an earlier state: a standby that starts again answers from where it last had all
    /// of its files on disk.
    mutating func forgetReplay(of node: NodeID) {
        guard nodes.ids.count > 1, Int16(node.rawValue) != nodes.primary, shared.replay[node.rawValue] > 0 else {
            return
        }
        shared.replay.set(0, of: node.rawValue)
        shared.report(.positionLost(node))
    }

    /// The client's writes of before now are to be seen by its reads from now on.
    /// - Parameter patience: so much later they may still take effect, nanoseconds.
    mutating func noteWrite(of index: Int32, patience: UInt64 = 0) {
        if case .off = settings.readConsistency, !settings.keepsWritersOnPrimary { return }
        // The tick's own time may be from before the commit.
        let moment = Clock.monotonic() + patience
        if index >= 0 { clients[index].pointee.wroteAt = moment }
        if nodes.ids.count > 1, shared.replay.noteWrite(at: moment) { shared.report(.positionsWanted) }
    }

    /// The moment from which on a read may miss nothing; 0 where it may.
    @inline(__always)
    func readsFrom(_ index: Int32) -> UInt64 {
        if settings.keepsWritersOnPrimary, clients[index].pointee.wroteAt > 0 { return .max }
        return switch settings.readConsistency {
        case .off: 0
        case .session: clients[index].pointee.wroteAt
        case .global: max(clients[index].pointee.wroteAt, shared.replay.lastWrite)
        }
    }

    /// The node has every commit from before a moment.
    @inline(__always)
    func has(_ id: UInt8, from moment: UInt64) -> Bool {
        moment == 0 || Int16(id) == nodes.primary || shared.replay[id] >= moment
    }
}
