/// Bytes in waiting: behind a slow reader, or in front of the rest of a message. It has no block while it is empty,
/// so an idle connection costs no buffer. The owner must `clear` it before it goes away.
///
///     0 <= head <= tail <= capacity
///       [head, tail)  in waiting
struct ByteQueue {
    private(set) var block: UnsafeMutableRawPointer?
    private var head: UInt32 = 0
    private var tail: UInt32 = 0
    private var capacity: UInt32 = 0

    init() {}

    var count: Int { Int(tail &- head) }

    var isEmpty: Bool { tail == head }

    /// The first byte in waiting; only valid until the next change.
    var start: UnsafeMutableRawPointer? { block.map { $0 + Int(head) } }

    mutating func append(_ bytes: UnsafeRawPointer, _ count: Int, _ pool: inout BufferPool) {
        // Nothing takes no block: an empty queue must stay one.
        if count == 0 { return }
        reserve(count, &pool)
        guard let block else { return }
        (block + Int(tail)).copyMemory(from: bytes, byteCount: count)
        tail &+= UInt32(count)
    }

    mutating func append(_ bytes: [UInt8], _ pool: inout BufferPool) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { append(base, raw.count, &pool) }
        }
    }

    /// Where at least `room` more bytes may be written; `commit` what was.
    mutating func space(_ room: Int, _ pool: inout BufferPool) -> (start: UnsafeMutableRawPointer, room: Int)? {
        reserve(room, &pool)
        guard let block else { return nil }
        return (block + Int(tail), Int(capacity &- tail))
    }

    mutating func commit(_ count: Int) {
        precondition(count >= 0 && count <= Int(capacity &- tail))
        tail &+= UInt32(count)
    }

    /// Takes bytes off the front, and gives the block back with the last one.
    mutating func consume(_ count: Int, _ pool: inout BufferPool) {
        precondition(count >= 0 && count <= self.count, "consuming bytes that are not there")
        head &+= UInt32(count)
        if head == tail { clear(&pool) }
    }

    /// Drops the bytes at the end, and gives the block back where none are left.
    /// - Parameter kept: how many stay.
    mutating func truncate(to kept: Int, _ pool: inout BufferPool) {
        precondition(kept >= 0 && kept <= count, "keeping bytes that are not there")
        tail = head &+ UInt32(kept)
        if kept == 0 { clear(&pool) }
    }

    /// Puts bytes in front of those in waiting: they are taken up again.
    mutating func prepend(_ bytes: UnsafeRawPointer, _ count: Int, _ pool: inout BufferPool) {
        var whole = ByteQueue()
        whole.append(bytes, count, &pool)
        if let start { whole.append(start, self.count, &pool) }
        clear(&pool)
        self = whole
    }

    /// Empties it and keeps the block for what comes next, for a queue that is filled and emptied all the time.
    mutating func removeAll() { (head, tail) = (0, 0) }

    mutating func clear(_ pool: inout BufferPool) {
        if let block { pool.give(block, capacity: Int(capacity)) }
        (block, head, tail, capacity) = (nil, 0, 0, 0)
    }

    private mutating func reserve(_ room: Int, _ pool: inout BufferPool) {
        precondition(room > 0 && room <= 1 << 30)
        if Int(capacity &- tail) >= room { return }
        if head > 0, let block, Int(capacity) - count >= room {
            block.copyMemory(from: block + Int(head), byteCount: count)
            (head, tail) = (0, UInt32(count))
            return
        }
        // Doubling keeps the copies of a growing message linear in its size.
        let (larger, size) = pool.take(max(count + room, count * 2))
        let kept = count
        if let block {
            larger.copyMemory(from: block + Int(head), byteCount: kept)
            pool.give(block, capacity: Int(capacity))
        }
        (block, head, tail, capacity) = (larger, 0, UInt32(kept), UInt32(size))
    }
}
