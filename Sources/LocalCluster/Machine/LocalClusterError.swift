/// Why a throw-away cluster, or something in front of it, could not be had. The text is for people: it says what to
/// install or shows the end of the log.
package enum LocalClusterError: Error, Sendable {
    /// A program is not on this machine; `package` is Debian's name of what brings it.
    case programMissing(program: String, package: String)
    /// PostgreSQL refuses to run as root, and the account to use instead is missing.
    case accountMissing(name: String)
    /// A command ended with something other than success.
    case commandFailed(command: String, status: String, output: String)
    /// A server or a proxy ended, or was not ready in time.
    case notReady(what: String, why: String, logTail: String)
    /// A system call said no.
    case system(call: String, errno: Int32)
    /// The process is on its way out, and starts nothing any more.
    case shuttingDown
}

extension LocalClusterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .programMissing(let program, let package):
            "\(program) is not installed; Debian has it in the package \(package): apt-get install \(package)"
        case .accountMissing(let name):
            "PostgreSQL does not run as root, and there is no account \"\(name)\" to run it as: "
                + "apt-get install postgresql-common"
        case .commandFailed(let command, let status, let output):
            "\(command): \(status)\n\(output)"
        case .notReady(let what, let why, let logTail):
            "\(what): \(why)\nthe end of its log:\n\(logTail)"
        case .system(let call, let errno):
            "\(call) failed with errno \(errno)"
        case .shuttingDown:
            "shutting down"
        }
    }
}
