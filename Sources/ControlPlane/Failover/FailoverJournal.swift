internal import Foundation
internal import Glibc
package import ProxyCore

/// `egret_failover`: the hooks that have begun and are not over with all that follows. It exists only while there are
/// such hooks, or after a crash among them.
package struct FailoverJournal: Sendable {
    /// What the file holds, as JSON.
    private struct Contents: Codable {
        struct Hook: Codable {
            var kind: String
            var node: UInt8
            var command: String
            var formerPrimary: UInt8?
            var nodesToCome: [UInt8]
        }

        /// Unix seconds.
        var writtenAt: Int64
        var hooks: [Hook]
    }

    package let path: String

    /// - Parameter directory: `work_dir`
    package init(directory: String) {
        path = directory + "/egret_failover"
    }

    /// - Returns: nothing when there is no file; a file that is not a journal counts as none.
    package func read() -> [UnfinishedHook] {
        guard let bytes = FileManager.default.contents(atPath: path),
            let contents = try? JSONDecoder().decode(Contents.self, from: bytes)
        else { return [] }
        return contents.hooks.compactMap { hook in
            guard let kind = FailoverHook.Kind(rawValue: hook.kind) else { return nil }
            return UnfinishedHook(
                kind: kind, node: NodeID(hook.node), command: hook.command,
                formerPrimary: hook.formerPrimary.map { NodeID($0) }, nodesToCome: hook.nodesToCome.map { NodeID($0) })
        }
    }

    /// Replaces the file in one step and waits until it is on disk; without hooks there is no file.
    package func write(_ hooks: [UnfinishedHook]) throws {
        guard !hooks.isEmpty else { return discard() }
        let contents = Contents(
            writtenAt: WallClock.now().seconds,
            hooks: hooks.map { hook in
                Contents.Hook(
                    kind: hook.kind.rawValue, node: hook.node.rawValue, command: hook.command,
                    formerPrimary: hook.formerPrimary?.rawValue, nodesToCome: hook.nodesToCome.map(\.rawValue))
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = try encoder.encode(contents)
        let temporary = path + ".new"
        guard FileManager.default.createFile(atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: temporary)
        else { throw CocoaError(.fileWriteUnknown) }
        try file.write(contentsOf: bytes)
        try file.synchronize()
        try file.close()
        guard rename(temporary, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        // The name is on disk only when the directory is.
        let directory = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    package func discard() {
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension ClusterSettings {
    /// For `egret run --discard-status`: forgets which nodes were down and what an earlier process had begun.
    package func discardRemembered() {
        StatusFile(directory: workDirectory).discard()
        FailoverJournal(directory: workDirectory).discard()
    }
}
