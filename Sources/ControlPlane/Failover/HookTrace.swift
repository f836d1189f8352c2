internal import Foundation
internal import Glibc
internal import ProxyCore

/// Where a running hook leaves its process id, so that the next Egret knows of a hook that has outlived this one:
/// `egret_hook_failover_command` in `work_dir`. The hook's own shell writes it before it does anything else.
struct HookTrace: Sendable {
    let path: String

    init(directory: String, kind: FailoverHook.Kind) { path = "\(directory)/egret_hook_\(kind.rawValue)" }

    /// The arguments of `/bin/sh` that run a command and leave the trace; the process stays the same one.
    func arguments(of command: String) -> [String] {
        ["-c", "{ echo $$ >\"$0\"; } 2>/dev/null; exec /bin/sh -c \"$1\"", path, command]
    }

    func remove() { unlink(path) }

    /// The hook that left the trace, while it runs; another process that has got its number since is none.
    var survivor: Int32? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), pid > 0,
            let written = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date,
            let process = ProcessFacts(pid), process.leadsSession
        else { return nil }
        return abs(process.startedAt.timeIntervalSince(written)) < Self.tolerance ? pid : nil
    }

    /// Seconds: the kernel counts a process's age in hundredths, and the clock may have been set a little meanwhile.
    private static let tolerance = 5.0
}

/// What `/proc` tells of a process.
private struct ProcessFacts {
    let leadsSession: Bool
    let startedAt: Date

    init?(_ pid: Int32) {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let uptime = try? String(contentsOfFile: "/proc/uptime", encoding: .utf8),
            let running = uptime.split(separator: " ").first.flatMap({ Double($0) }),
            let nameEnd = stat.lastIndex(of: ")")
        else { return nil }
        // proc(5): state is the third field, the session the sixth, the start the twenty-second.
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", let session = Int32(fields[3]), let ticks = Double(fields[19]) else {
            return nil
        }
        leadsSession = session == pid
        let age = running - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        startedAt = Date(timeIntervalSinceNow: -age)
    }
}
