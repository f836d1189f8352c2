import ControlPlane
import Foundation
import Testing

@Suite struct ConfigurationReferenceTests {
    @Test(arguments: [
        ("conf/egret.conf", ConfigurationReference.sampleFile()),
        ("docs/parameters.md", ConfigurationReference.markdown()),
    ])
    func `the committed file is the one that the table makes`(path: String, text: String) throws {
        if ProcessInfo.processInfo.environment["EGRET_WRITE_REFERENCE"] == "1" {
            try RepositoryFiles.write(text, to: path)
        }
        let isSame = try RepositoryFiles.read(path) == text
        #expect(isSame, "EGRET_WRITE_REFERENCE=1 swift test --filter ConfigurationReference writes \(path) anew")
    }

    @Test func `every parameter has a summary of one sentence`() {
        for parameter in ParameterTable.all {
            #expect(parameter.summary.count > 15, "\(parameter.name)")
            #expect(parameter.summary.hasSuffix(".") && !parameter.summary.dropLast().hasSuffix("."))
        }
    }

    @Test func `every parameter appears once in each`() {
        let sample = ConfigurationReference.sampleFile().split(separator: "\n")
        let page = ConfigurationReference.markdown().split(separator: "\n").prefix { $0 != "## Old names" }
        for parameter in ParameterTable.all {
            let name = parameter.name + (parameter.indexing == .indexed ? "0" : "")
            let lines = sample.filter { $0.hasPrefix("#\(name) = ") || $0.hasPrefix("\(name) = ") }
            #expect(lines.count == 1, "\(name)")
            #expect(page.count { $0.hasPrefix("| `\(parameter.name)`") } == 1, "\(name)")
        }
    }

    @Test func `the sample file loads, and lacks only nodes`() throws {
        let path = RepositoryFiles.root.appendingPathComponent("conf/egret.conf").path
        let (configuration, problems) = Configuration.load(path: path)
        #expect(problems.map(\.message) == ["there is no backend node; set backend_hostname0 and backend_port0"])
        #expect(configuration.word("pool_mode") == "transaction")
        #expect(configuration.int("default_pool_size") == 20)
    }

    @Test func `what the sample file comments out are the defaults, and two nodes`() {
        let text = ConfigurationReference.sampleFile().split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && line.contains(" = ") ? line.dropFirst() : line
        }
        let (configuration, problems) = Configuration.load(text: text.joined(separator: "\n"), file: "/f")
        #expect(problems.map(\.description) == [])
        #expect(configuration.nodes == [0, 1])
        for parameter in ParameterTable.all where parameter.indexing == .single {
            #expect(configuration.isSet(parameter.name), "\(parameter.name)")
        }
        #expect(configuration.displayValue("if_up_cmd").contains("$_IP_$"))
    }
}
