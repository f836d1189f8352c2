import ProxyCore
import Synchronization

/// Up to which moment each node has everything that was committed: written by the control plane, read by all workers.
/// Moments are monotonic nanoseconds.
final class ReplayMarks: Sendable {
    private nonisolated(unsafe) let marks: UnsafeMutablePointer<Atomic<UInt64>>
    // Safety: allocated once for the object's life, and every access to an element is atomic.

    private let write = Atomic<UInt64>(0)
    private let watched = Atomic<Bool>(false)

    init() {
        marks = .allocate(capacity: 256)
        for id in 0..<256 { (marks + id).initialize(to: Atomic(0)) }
    }

    deinit {
        marks.deinitialize(count: 256)
        marks.deallocate()
    }

    subscript(id: UInt8) -> UInt64 {
        @inline(__always) get { marks[Int(id)].load(ordering: .acquiring) }
    }

    func set(_ moment: UInt64, of id: UInt8) { marks[Int(id)].store(moment, ordering: .releasing) }

    /// The last commit of any client.
    var lastWrite: UInt64 { write.load(ordering: .sequentiallyConsistent) }

    /// A client's transaction that may have written is over.
    /// - Returns: whether nobody watches the nodes' positions at the moment.
    func noteWrite(at moment: UInt64) -> Bool {
        _ = write.max(moment, ordering: .sequentiallyConsistent)
        return !watched.load(ordering: .sequentiallyConsistent)
            && !watched.exchange(true, ordering: .sequentiallyConsistent)
    }

    /// Whoever watched does not any more: the next write asks for it.
    func endWatch() { watched.store(false, ordering: .sequentiallyConsistent) }
}
