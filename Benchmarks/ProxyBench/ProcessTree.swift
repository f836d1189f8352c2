import Foundation

/// CPU time in microseconds, as the kernel accounts it (in clock ticks of 10 ms; only differences over seconds mean
/// something).
struct CPUTime: Sendable {
    var user: Double = 0
    var system: Double = 0

    static func - (later: CPUTime, earlier: CPUTime) -> CPUTime {
        CPUTime(user: later.user - earlier.user, system: later.system - earlier.system)
    }
}

/// Memory in bytes, summed over processes. The proportional share counts a page that n processes have in common as 1/n
/// in each of them, which is what makes a tree of forked children comparable with one threaded process.
struct Memory: Sendable, Codable {
    var resident = 0
    var proportional = 0
    var privateBytes = 0
}

/// One process and everything below it, read from `/proc`.
struct ProcessTree: Sendable {
    let root: Int32

    /// The process ids of the tree that are alive now, the root first. One pass over `/proc`, so not for tight loops.
    func members() -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(name), let stat = ProcessStat(id) else { continue }
            children[stat.parent, default: []].append(id)
        }
        var found: [Int32] = []
        var waiting = [root]
        while let id = waiting.popLast() {
            found.append(id)
            waiting += children[id] ?? []
        }
        return found
    }

    /// CPU used since their start by all members. A child's time moves to its parent's `cutime` when it is reaped, so
    /// the sum of own and children's times over the tree never loses a process that ended in between.
    func cpuTime() -> CPUTime {
        var total = CPUTime()
        for stat in members().compactMap(ProcessStat.init) {
            total.user += stat.userMicroseconds
            total.system += stat.systemMicroseconds
        }
        return total
    }

    /// Exact sizes from `smaps_rollup`, which walks the page tables: `VmRSS` is allowed to lag by some pages per core.
    func memory() -> Memory { Self.memory(of: members()) }

    static func memory(of members: [Int32]) -> Memory {
        members.reduce(into: Memory()) { total, id in
            let fields = ProcFields(path: "/proc/\(id)/smaps_rollup")
            total.resident += fields.kilobytes("Rss") * 1024
            total.proportional += fields.kilobytes("Pss") * 1024
            total.privateBytes += (fields.kilobytes("Private_Clean") + fields.kilobytes("Private_Dirty")) * 1024
        }
    }
}

/// Follows the resident memory of a fixed set of processes while something large passes through them.
struct ResidentWatch {
    private let members: [Int32]
    private(set) var start: Int
    private(set) var peak: Int

    /// Resets the high-water mark of every member, so that the peak is of what follows.
    init(_ tree: ProcessTree) {
        members = tree.members()
        for id in members {
            // 5 resets VmHWM (proc_pid_clear_refs(5)). Where this is not permitted the samples are all there is.
            try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(id)/clear_refs"))
        }
        start = 0
        peak = 0
        start = Self.sum("VmRSS", of: members)
        peak = start
    }

    mutating func sample() {
        peak = max(peak, Self.sum("VmRSS", of: members))
    }

    /// The largest growth seen, in bytes: by the samples or by the kernel's own high-water mark, whichever is larger.
    mutating func finish() -> Int {
        sample()
        peak = max(peak, Self.sum("VmHWM", of: members))
        return peak - start
    }

    private static func sum(_ field: String, of members: [Int32]) -> Int {
        members.reduce(0) { $0 + ProcFields(path: "/proc/\($1)/status").kilobytes(field) * 1024 }
    }
}

/// The fields of `/proc/PID/stat` that matter here (proc_pid_stat(5)).
struct ProcessStat {
    let state: Character
    let parent: Int32
    let userMicroseconds: Double
    let systemMicroseconds: Double

    /// nil when the process is gone.
    init?(_ id: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            // The name may hold blanks and parentheses: the fields start behind the last one.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 15, let state = fields[0].first, let parent = Int32(fields[1]) else { return nil }
        let microsecondsPerTick = 1e6 / Double(sysconf(Int32(_SC_CLK_TCK)))
        let ticks = fields[11...14].map { Double($0) ?? 0 }
        self.state = state
        self.parent = parent
        userMicroseconds = (ticks[0] + ticks[2]) * microsecondsPerTick
        systemMicroseconds = (ticks[1] + ticks[3]) * microsecondsPerTick
    }
}

/// A `/proc` file of `Name:   value kB` lines; empty when the process is gone or belongs to somebody else.
private struct ProcFields {
    private let text: String

    init(path: String) {
        text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    func kilobytes(_ name: String) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            return words.count > 1 ? Int(words[1]) ?? 0 : 0
        }
        return 0
    }
}
