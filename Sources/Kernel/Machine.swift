internal import CLinux
internal import Glibc

/// What this machine and this process have.
package enum Machine {
    /// Cores that this process may run on, at least 1.
    package static var cores: Int { Int(egret_usable_cores()) }

    /// Raises the soft limit of open files to the hard one.
    /// - Returns: the limits before and after, and the hard one.
    package static func raiseOpenFileLimit() -> (soft: UInt64, raised: UInt64, hard: UInt64) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return (0, 0, 0) }
        let before = UInt64(limit.rlim_cur)
        limit.rlim_cur = limit.rlim_max
        let isRaised = setrlimit(resource, &limit) == 0
        return (before, isRaised ? UInt64(limit.rlim_max) : before, UInt64(limit.rlim_max))
    }

    package static var processID: Int32 { getpid() }
}
