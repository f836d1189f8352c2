import Foundation
import Glibc
import LocalCluster

/// The `failover_command` of the demo: a shell script of the form that pgpool's users know. It promotes the new main
/// node when the primary has died, and does nothing when a standby has.
struct FailoverHook {
    let path: String
    /// What the script says, one line for each call.
    let log: LogFile

    init(cluster: LocalCluster) throws {
        path = cluster.directory + "/failover.sh"
        log = LogFile(path: cluster.directory + "/failover.log")
        let pgCtl = cluster.binaries.path("pg_ctl")
        let promote =
            cluster.account.map { "runuser -u \($0.name) -- \(pgCtl)" } ?? pgCtl
        let script = """
            #!/bin/sh
            # failover.sh FAILED_NODE OLD_PRIMARY NEW_MAIN NEW_MAIN_HOST NEW_MAIN_DIRECTORY
            cd / || exit 1
            exec >>"\(log.path)" 2>&1
            if [ "$1" != "$2" ]; then
                echo "node $1 is down; it was not the primary (node $2): nothing to promote"
                exit 0
            fi
            echo "node $1 is down; it was the primary: promoting node $3 on $4"
            \(promote) promote -w -s -D "$5"

            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, 0o755) == 0 else { throw LocalClusterError.system(call: "chmod(\(path))", errno: errno) }
    }

    /// The value of `failover_command`.
    var command: String { "\(path) %d %P %m %H %R" }
}
