import ProxyCore
import Testing

@Suite struct HookPlaceholdersTests {
    private static let first = HookNode(id: NodeID(0), host: "db0", port: 5432, dataDirectory: "/data/0")
    private static let second = HookNode(id: NodeID(1), host: "/run/pg", port: 5433, dataDirectory: "/data/1")

    private static let all = "d=%d h=%h p=%p D=%D m=%m H=%H M=%M P=%P r=%r R=%R N=%N S=%S"

    @Test("A primary's death: the standby is the new main node")
    func primaryDies() {
        let values = HookPlaceholders(
            node: Self.first, newMain: Self.second, oldMain: NodeID(0), oldPrimary: Self.first)
        #expect(
            values.expand(Self.all)
                == "d=0 h=db0 p=5432 D=/data/0 m=1 H=/run/pg M=0 P=0 r=5433 R=/data/1 N=db0 S=5432")
    }

    @Test("The only remaining node died: what pgpool 4.3.5 gave its script")
    func lastNodeDies() {
        let values = HookPlaceholders(node: Self.second, newMain: nil, oldMain: NodeID(1), oldPrimary: nil)
        #expect(
            values.expand("m=%m H=%H M=%M P=%P r=%r R=%R N=%N S=%S") == #"m=-1 H="" M=1 P=-1 r="" R="" N="" S="""#)
    }

    @Test(arguments: [
        ("100%%", "100%"), ("%x%d", "0"), ("end%", "end"), ("%%d", "%d"), ("", ""), ("%", ""), ("ü %d €", "ü 0 €"),
        ("%D|", "/data/0|"),
    ])
    func oddTemplates(_ template: String, _ expanded: String) {
        let values = HookPlaceholders(
            node: Self.first, newMain: Self.second, oldMain: NodeID(0), oldPrimary: Self.first)
        #expect(values.expand(template) == expanded)
    }

    @Test("An unset data directory expands to nothing")
    func noDataDirectory() {
        var node = Self.first
        node.dataDirectory = ""
        let values = HookPlaceholders(node: node, newMain: node, oldMain: NodeID(0), oldPrimary: nil)
        #expect(values.expand("[%D] [%R]") == "[] []")
    }
}
