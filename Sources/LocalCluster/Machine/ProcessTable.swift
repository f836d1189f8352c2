import Foundation
import Glibc

/// What `/proc` says about processes.
package enum ProcessTable {
    /// CPU time that a process and its waited-for threads have used.
    package struct CPUTime: Sendable {
        /// Seconds in user mode.
        package var user: Double
        /// Seconds in the kernel.
        package var system: Double
        package var total: Double { user + system }

        package static func - (left: CPUTime, right: CPUTime) -> CPUTime {
            CPUTime(user: left.user - right.user, system: left.system - right.system)
        }

        package static func + (left: CPUTime, right: CPUTime) -> CPUTime {
            CPUTime(user: left.user + right.user, system: left.system + right.system)
        }
    }

    /// The fields of `/proc/PID/stat` from the third on (the state), which the name in parentheses cannot disturb.
    private static func statFields(_ pid: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let nameEnd = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: nameEnd)...].split(separator: " ")
    }

    /// Whether the process runs. A zombie does not: it only waits for somebody to read its exit status.
    package static func isAlive(_ pid: Int32) -> Bool {
        guard let state = statFields(pid)?.first else { return false }
        return state != "Z" && state != "X"
    }

    /// User and system time so far; nil when there is no such process.
    package static func cpuTime(_ pid: Int32) -> CPUTime? {
        guard let fields = statFields(pid), fields.count > 12, let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return CPUTime(user: user / ticks, system: system / ticks)
    }

    /// Resident memory in bytes; nil when there is no such process.
    package static func residentBytes(_ pid: Int32) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The processes whose parent is `pid`.
    package static func children(of pid: Int32) -> [Int32] {
        all().filter { other in
            guard let fields = statFields(other), fields.count > 1 else { return false }
            return fields[1] == String(pid) && fields[0] != "Z"
        }
    }

    /// The living processes whose working directory is `directory`: for a data directory, the server's own, even
    /// after the postmaster's death has made them orphans.
    package static func working(in directory: String) -> [Int32] {
        let manager = FileManager.default
        return all().filter { pid in
            (try? manager.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == directory && isAlive(pid)
        }
    }

    private static func all() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }
    }
}
