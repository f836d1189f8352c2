import Testing
import Wire

@Suite struct ByteReaderTests {
    @Test func `numbers are big-endian and signed where they say so`() throws {
        var reader = ByteReader([7, 0x01, 0x02, 0x03, 0x04, 0xFF, 0xFF, 0xFF, 0xFE])
        #expect(reader.remaining == 9)
        #expect(try reader.byte() == 7)
        #expect(try reader.uint32() == 0x0102_0304)
        #expect(try reader.int32() == -2)
        #expect(reader.isAtEnd)
        try reader.expectEnd()
    }

    @Test(arguments: 0..<4)
    func `a number that is cut off is not read, and nothing is consumed`(count: Int) {
        var reader = ByteReader([UInt8](repeating: 1, count: count))
        #expect(throws: WireError.truncated) { _ = try reader.uint32() }
        #expect(reader.remaining == count)
    }

    @Test func `strings end at their NUL and nowhere else`() throws {
        var reader = ByteReader(text("ab") + text("") + [0x63])
        #expect(try reader.string() == "ab")
        #expect(try reader.string() == "")
        #expect(throws: WireError.unterminatedString) { _ = try reader.string() }
        #expect(throws: WireError.unterminatedString) { _ = try reader.stringBytes() }
        #expect(Array(reader.rest()) == [0x63])
        #expect(reader.isAtEnd)
    }

    @Test func `text that is not UTF-8 is refused as text and kept as bytes`() throws {
        let bytes: [UInt8] = [0xC3, 0x28, 0]
        var strict = ByteReader(bytes)
        #expect(throws: WireError.badText) { _ = try strict.string() }
        var lenient = ByteReader(bytes)
        #expect(Array(try lenient.stringBytes()) == [0xC3, 0x28])
    }

    @Test(arguments: [-1, Int(Int32.min), Int.min])
    func `a negative length is refused`(length: Int) {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: WireError.badLength) { _ = try reader.slice(length) }
    }

    @Test(arguments: [4, Int(Int32.max), Int.max])
    func `a length beyond the end is refused`(length: Int) {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: WireError.truncated) { _ = try reader.slice(length) }
    }

    @Test func `a slice in the middle of another array is read from its own start`() throws {
        let whole: [UInt8] = [9, 9, 0, 0, 0, 5, 0x61, 0, 9]
        var reader = ByteReader(whole[2..<8])
        #expect(try reader.uint32() == 5)
        #expect(try reader.string() == "a")
        #expect(reader.isAtEnd)
        #expect(throws: WireError.truncated) { _ = try reader.byte() }
    }

    @Test func `bytes behind the last field are noticed`() throws {
        var reader = ByteReader([1, 2])
        _ = try reader.byte()
        #expect(throws: WireError.trailingBytes) { try reader.expectEnd() }
    }

    @Test func `it never leaves its bytes, whatever it is asked`() {
        var noise = Noise(seed: 1)
        for _ in 0..<3_000 {
            let bytes = noise.bytes(upTo: 24)
            var reader = ByteReader(bytes)
            var seen = 0
            var isSound = true
            for _ in 0..<12 {
                let before = reader.remaining
                switch Int.random(in: 0..<6, using: &noise) {
                case 0: _ = try? reader.byte()
                case 1: _ = try? reader.uint32()
                case 2: _ = try? reader.int32()
                case 3: _ = try? reader.slice(Int.random(in: -3...30, using: &noise))
                case 4: _ = try? reader.stringBytes()
                default: _ = try? reader.string()
                }
                seen += before - reader.remaining
                isSound = isSound && reader.remaining >= 0 && reader.remaining <= before
            }
            #expect(isSound)
            #expect(seen + reader.rest().count == bytes.count)
        }
    }
}
