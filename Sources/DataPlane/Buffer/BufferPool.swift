/// Memory blocks for bytes in waiting. Blocks of the two common sizes are kept for the next user; larger ones go back
/// to the allocator at once, so one big result does not stay in the process.
struct BufferPool: ~Copyable {
    static let smallBlock = 4 << 10
    static let mediumBlock = 64 << 10

    private var small: [UnsafeMutableRawPointer] = []
    private var medium: [UnsafeMutableRawPointer] = []
    private static let smallKeptMax = 256
    private static let mediumKeptMax = 8

    init() {
        small.reserveCapacity(Self.smallKeptMax)
        medium.reserveCapacity(Self.mediumKeptMax)
    }

    deinit {
        for block in small { block.deallocate() }
        for block in medium { block.deallocate() }
    }

    /// - Parameter size: bytes needed, more than 0.
    /// - Returns: a block and its capacity, which is at least `size`.
    mutating func take(_ size: Int) -> (block: UnsafeMutableRawPointer, capacity: Int) {
        if size <= Self.smallBlock {
            return (small.popLast() ?? .allocate(byteCount: Self.smallBlock, alignment: 16), Self.smallBlock)
        }
        if size <= Self.mediumBlock {
            return (medium.popLast() ?? .allocate(byteCount: Self.mediumBlock, alignment: 16), Self.mediumBlock)
        }
        let capacity = (size + Self.mediumBlock - 1) / Self.mediumBlock * Self.mediumBlock
        return (.allocate(byteCount: capacity, alignment: 16), capacity)
    }

    mutating func give(_ block: UnsafeMutableRawPointer, capacity: Int) {
        if capacity == Self.smallBlock && small.count < Self.smallKeptMax {
            small.append(block)
        } else if capacity == Self.mediumBlock && medium.count < Self.mediumKeptMax {
            medium.append(block)
        } else {
            block.deallocate()
        }
    }
}
