/// Fixed places for the connections of one worker. A place is addressed by its index; its memory never moves, so a
/// pointer to it stays valid until it is freed. Links between connections are indices, never references.
struct Slab<Element>: ~Copyable {
    /// Room for every chunk there can be: address space that is touched only as far as it is used.
    private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
    private var free: [Int32] = []
    private(set) var capacity = 0
    private static var chunkSize: Int { 64 }
    /// Event tokens have 24 bits for a place.
    private static var chunksMax: Int { (1 << 24) / chunkSize }

    init() { chunks = .allocate(capacity: Self.chunksMax) }

    var used: Int { capacity - free.count }

    /// The place of an index that was handed out. No retain, no copy: the caller works on it in place.
    @inline(__always)
    subscript(index: Int32) -> UnsafeMutablePointer<Element> {
        precondition(UInt(bitPattern: Int(index)) < UInt(bitPattern: capacity))
        return chunks[Int(index) >> 6] + (Int(index) & 63)
    }

    /// - Parameter make: what a place holds that has never been used.
    mutating func take(_ make: () -> Element) -> Int32 {
        if let index = free.popLast() { return index }
        precondition(capacity / Self.chunkSize < Self.chunksMax, "more connections than event tokens can tell apart")
        let chunk = UnsafeMutablePointer<Element>.allocate(capacity: Self.chunkSize)
        for offset in 0..<Self.chunkSize { (chunk + offset).initialize(to: make()) }
        let first = Int32(capacity)
        (chunks + capacity / Self.chunkSize).initialize(to: chunk)
        capacity += Self.chunkSize
        for index in (first + 1..<Int32(capacity)).reversed() { free.append(index) }
        return first
    }

    /// The place may be handed out again. Its content stays until then, so a stale index reads a closed connection.
    mutating func give(_ index: Int32) { free.append(index) }

    deinit {
        for index in 0..<capacity / Self.chunkSize {
            chunks[index].deinitialize(count: Self.chunkSize)
            chunks[index].deallocate()
        }
        chunks.deallocate()
    }
}
