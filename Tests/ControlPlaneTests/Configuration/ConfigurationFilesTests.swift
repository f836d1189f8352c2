import ControlPlane
import Foundation
import Testing

/// Files on disk: includes, and what cannot be read.
@Suite struct ConfigurationFilesTests {
    private let directory: TemporaryDirectory
    private let node = "backend_hostname0 = 'a'\nbackend_port0 = 5432\nbackend_weight0 = 1\n"

    init() throws { directory = try TemporaryDirectory() }

    private func load(_ path: String) -> (Configuration, [String]) {
        let (configuration, problems) = Configuration.load(path: path)
        let prefix = directory.url.path + "/"
        return (configuration, problems.map { $0.description.replacing(prefix, with: "") })
    }

    @Test func `an include stands in its place, relative to its file`() throws {
        _ = try directory.write("port = 2000\ninclude = 'more/b.conf'\n", to: "sub/a.conf")
        _ = try directory.write("port = 80\nmax_pool = 7\n", to: "sub/more/b.conf")
        let main = try directory.write(node + "port = 5000\ninclude 'sub/a.conf'\nmax_pool = 9\n", to: "main.conf")
        let (configuration, problems) = load(main)
        #expect(problems == ["sub/more/b.conf:1: port: 80 is outside the range 1024 to 65535"])
        #expect(configuration.int("max_pool") == 9)
        #expect(configuration.directory == directory.url.path)
    }

    @Test func `a loop of includes is an error`() throws {
        _ = try directory.write("include 'main.conf'\n", to: "b.conf")
        let main = try directory.write(node + "include 'b.conf'\n", to: "main.conf")
        let path = directory.url.path
        #expect(load(main).1 == ["b.conf:1: include: main.conf includes itself"], "\(path)")
        let own = try directory.write(node + "include './own.conf'\n", to: "own.conf")
        #expect(load(own).1 == ["own.conf:4: include: own.conf includes itself"])
    }

    @Test func `includes nest up to ten deep`() throws {
        for level in 1...11 {
            _ = try directory.write("include 'n\(level + 1).conf'\nmax_pool = \(level)\n", to: "n\(level).conf")
        }
        _ = try directory.write("max_pool = 99\n", to: "n11.conf")
        let deep = try directory.write(node + "include 'n1.conf'\n", to: "deep.conf")
        #expect(load(deep).1 == ["n10.conf:1: include: files are nested deeper than 10"])
        _ = try directory.write("max_pool = 99\n", to: "n10.conf")
        let (configuration, problems) = load(deep)
        #expect(problems.isEmpty)
        #expect(configuration.int("max_pool") == 1)
    }

    @Test func `includes that multiply end`() throws {
        for level in 1...9 {
            let text = String(repeating: "include 'm\(level + 1).conf'\n", count: 50)
            _ = try directory.write(text, to: "m\(level).conf")
        }
        _ = try directory.write("max_pool = 1\n", to: "m10.conf")
        let main = try directory.write(node + "include 'm1.conf'\n", to: "main.conf")
        let problems = load(main).1
        #expect(problems.count == 1)
        #expect(problems.first?.hasSuffix("include: more than 1000 files are included") == true)
    }

    @Test func `files that cannot be read are errors`() throws {
        #expect(
            Configuration.load(path: "/nonexistent/egret.conf").1.map(\.description) == [
                "/nonexistent/egret.conf: the file /nonexistent/egret.conf cannot be read: no such file"
            ])
        let main = try directory.write(node + "include 'none.conf'\ninclude '.'\ninclude ''\n", to: "main.conf")
        #expect(
            load(main).1 == [
                "main.conf:4: include: the file none.conf cannot be read: no such file",
                "main.conf:5: include: the file \(directory.url.path) cannot be read: it is a directory",
                "main.conf:6: include: it names no file",
            ])
        let large = try directory.write(String(repeating: "#\n", count: 600_000), to: "large.conf")
        #expect(load(large).1.first == "large.conf: the file is larger than 1048576 bytes")
    }
}
