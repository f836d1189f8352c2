import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// The cluster of `conf/hooks/README.md` with its scripts, ssh and pgpool's own PCP programs, each host in
    /// namespaces of its own. Says what to install when something is missing.
    @Suite(.serialized)
    struct TwoNodeStoryTests {
        static let hooks =
            URL(fileURLWithPath: Driver.directory).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/conf/hooks"

        @Test(
            .timeLimit(.minutes(2)),
            arguments: [
                ["--layout", "debian"],
                ["--layout", "plain", "--nodes", "3"],
                ["--layout", "plain", "--cut"],
            ])
        func `Nodes are stopped, promoted, recovered and attached with the sample hooks`(flags: [String]) async throws {
            let egret = try EgretProcess.findBinary()
            let story = Driver.command("two_node_story.py", [egret, Self.hooks] + flags, timeLimit: .seconds(110))
            let result = try await story.result()
            #expect(result.isSuccess && result.output.hasSuffix("the end\n"), "\(result.output)\(result.errors)")
        }
    }
}
