import Foundation
import Glibc

/// What a number was measured on; the first lines of every report.
struct Machine: Sendable, Codable {
    let date: String
    let cores: Int
    let model: String
    let memoryMebibytes: Int
    let kernel: String

    static func current() -> Machine {
        let processor = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        let model = processor?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return Machine(
            date: Date.now.ISO8601Format(),
            cores: ProcessInfo.processInfo.activeProcessorCount,
            model: model ?? "unknown processor",
            memoryMebibytes: Int(ProcessInfo.processInfo.physicalMemory >> 20),
            kernel: text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines))
    }

    var summary: String {
        "\(cores) cores, \(model), \(memoryMebibytes) MiB, Linux \(kernel), \(date)"
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}

/// Thousands of idle clients need thousands of descriptors, in this process and in the proxies, which inherit the
/// limit.
enum OpenFiles {
    /// Raises the soft limit to `needed`, and the hard one too where that is permitted.
    /// - Returns: the limit that holds now; it may be lower than `needed`.
    static func raise(to needed: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur >= rlim_t(needed) { return needed }
        var raised = limit
        raised.rlim_cur = rlim_t(needed)
        raised.rlim_max = max(limit.rlim_max, rlim_t(needed))
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { return needed }
        raised.rlim_cur = limit.rlim_max
        raised.rlim_max = limit.rlim_max
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0
            ? Int(limit.rlim_max) : Int(limit.rlim_cur)
    }
}
