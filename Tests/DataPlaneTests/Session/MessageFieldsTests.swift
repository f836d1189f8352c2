import Testing

@testable import DataPlane

@Suite struct MessageFieldsTests {
    private static func text(_ string: String) -> [UInt8] { Array(string.utf8) + [0] }

    private static func string(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `the fields of Parse, and every cut of it`() {
        let body = Self.text("s1") + Self.text("SELECT $1") + [0, 1, 0, 0, 0, 23]
        body.withUnsafeBytes { raw in
            let fields = ParseFields(raw)
            #expect(fields.map { Self.string($0.name) } == "s1")
            #expect(fields.map { Self.string($0.text) } == "SELECT $1")
            #expect(fields.map { Array($0.definition) } == Array(body.dropFirst(3)))
            for count in 0..<body.count {
                let cut = ParseFields(UnsafeRawBufferPointer(rebasing: raw[..<count]))
                // Behind the count of types the types themselves are the server's to miss.
                #expect((cut != nil) == (count >= 3 + 10 + 2))
            }
        }
    }

    @Test func `the fields of Bind, and every cut of it`() {
        let body = Self.text("p") + Self.text("s1") + [0, 0, 0, 0, 0, 0]
        body.withUnsafeBytes { raw in
            let fields = BindFields(raw)
            #expect(fields.map { Self.string($0.portal) } == "p")
            #expect(fields.map { Self.string($0.statement) } == "s1")
            #expect(fields?.restOffset == 5)
            for count in 0..<body.count {
                #expect((BindFields(UnsafeRawBufferPointer(rebasing: raw[..<count])) != nil) == (count >= 5))
            }
        }
    }

    @Test func `the fields of Describe and Close, and every cut of them`() {
        for (kind, isStatement) in [("S", true), ("P", false)] {
            let body = Self.text(kind + "name")
            body.withUnsafeBytes { raw in
                let fields = TargetFields(raw)
                #expect(fields?.isStatement == isStatement)
                #expect(fields.map { Self.string($0.name) } == "name")
                for count in 0..<body.count {
                    #expect(TargetFields(UnsafeRawBufferPointer(rebasing: raw[..<count])) == nil)
                }
            }
        }
    }

    @Test(arguments: [[], [0], [0, 0], [0x58, 0], [0x53], [0x53, 0, 0], [0x53, 0x61, 0, 0x62]] as [[UInt8]])
    func `anything else is no target`(body: [UInt8]) {
        body.withUnsafeBytes { #expect(TargetFields($0) == nil) }
    }

    @Test func `empty names are names`() {
        ([0, 0, 0, 0] as [UInt8]).withUnsafeBytes { raw in
            #expect(ParseFields(raw).map { $0.name.count + $0.text.count } == 0)
            #expect(BindFields(raw)?.restOffset == 2)
        }
        Self.text("S").withUnsafeBytes { #expect(TargetFields($0)?.name.count == 0) }
    }
}
