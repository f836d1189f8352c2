/// A generator with a seed, SplitMix64: a failing test fails again.
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Bytes with many NULs and small numbers among them, as lengths and strings have.
    mutating func bytes(upTo limit: Int) -> [UInt8] {
        let count = Int.random(in: 0...limit, using: &self)
        return (0..<count).map { _ in
            let isSmall = Bool.random(using: &self)
            return UInt8.random(in: isSmall ? 0...13 : 0...255, using: &self)
        }
    }

    /// The same bytes with a few of them changed, lost or repeated.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !damaged.isEmpty {
            let position = Int.random(in: 0..<damaged.count, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: damaged[position] = UInt8.random(in: 0...255, using: &self)
            case 1: damaged.remove(at: position)
            case 2: damaged.insert(damaged[position], at: position)
            default: damaged.removeLast(damaged.count - position)
            }
        }
        return damaged
    }
}

/// A string and its NUL.
func text(_ string: String) -> [UInt8] { Array(string.utf8) + [0] }
