import Glibc
import Subprocess

/// The account that PostgreSQL runs as. PostgreSQL refuses to run as root; whoever is not root runs it as himself.
package struct Account: Sendable {
    package let name: String
    package let userID: UInt32
    package let groupID: UInt32

    /// The account `postgres` when this process is root's, else nil: no change of account is needed, or possible.
    package static func forPostgres() throws(LocalClusterError) -> Account? {
        guard geteuid() == 0 else { return nil }
        guard let entry = getpwnam("postgres") else { throw .accountMissing(name: "postgres") }
        return Account(name: "postgres", userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
    }

    var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.userID = userID
        options.groupID = groupID
        options.supplementaryGroups = [groupID]
        return options
    }
}
