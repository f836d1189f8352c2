import Foundation
import Glibc

/// Shell scripts that do to a throw-away cluster what an administrator's do to a real one.
package struct ClusterScripts: Sendable {
    package let cluster: LocalCluster
    package let directory: String

    package init(_ cluster: LocalCluster) {
        self.cluster = cluster
        directory = cluster.directory
    }

    /// What stands before a program that must not run as root.
    package var account: String { cluster.account.map { "runuser -u \($0.name) -- " } ?? "" }

    /// Writes a script, which the servers' account owns, and gives back its path.
    package func write(_ name: String, in folder: String? = nil, _ lines: String) throws -> String {
        let path = (folder ?? directory) + "/" + name
        try Data("#!/bin/sh\ncd /\n\(lines)\n".utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, 0o755) == 0 else { throw LocalClusterError.system(call: "chmod", errno: errno) }
        if let account = cluster.account, chown(path, account.userID, account.groupID) != 0 {
            throw LocalClusterError.system(call: "chown", errno: errno)
        }
        return path
    }
}
