import Foundation
import Glibc
import LocalCluster

/// How much of a proxy's CPU time is user time, sampled by perf's software clock. Many kernels split user from system
/// time by looking 100 or 250 times a second, which for a proxy that spends a tenth of its time in user mode leaves
/// some dozen samples; perf looks 4,000 times. The *sum* of both needs no sampling and is not touched.
struct UserShare {
    private static let program = "/usr/bin/perf"
    private static let samplesPerSecond = 4000

    private let recorder: ChildProcess
    private let file: String
    private let log: LogFile

    /// Begins to sample. All of the machine is sampled and the tree's share picked out later: counters that belong to a
    /// process are set up anew at each of its context switches, which would double a proxy's system time.
    static func start(directory: String) async throws -> UserShare {
        let file = "\(directory)/perf.data"
        try? FileManager.default.removeItem(atPath: file)
        let log = LogFile(path: "\(directory)/perf.log")
        let recorder = try await ChildProcess.start(
            Command(
                program,
                [
                    "record", "--all-cpus", "--event=cpu-clock", "--freq=\(samplesPerSecond)", "--output=\(file)",
                ]), log: log.path)
        let hasBegun = await Poll.until(.seconds(10)) {
            !recorder.isRunning || FileManager.default.fileExists(atPath: file)
        }
        // The file appears before the counters run.
        try await Task.sleep(for: .milliseconds(300))
        guard hasBegun, recorder.isRunning else { throw BenchError("perf record: \(log.tail())") }
        return UserShare(recorder: recorder, file: file, log: log)
    }

    /// Ends the sampling.
    /// - Returns: the tree's user time divided by all of its CPU time, 0 to 1.
    func finish(_ tree: ProcessTree) async throws -> Double {
        recorder.signal(SIGINT)
        guard await recorder.waitForExit(.seconds(20)) != nil else { throw BenchError("perf record did not end") }
        let members = Set(tree.members())
        let lines = try await Command(Self.program, ["script", "--input=\(file)", "--fields=pid,ip"]).output()
        var all = 0
        var inUserMode = 0
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let id = Int32(words[0]), members.contains(id) else { continue }
            all += 1
            // The kernel's addresses lie in the upper half.
            if !(words[1].count == 16 && words[1].hasPrefix("f")) { inUserMode += 1 }
        }
        guard all > 50 else { throw BenchError("perf took \(all) samples of the proxy: \(log.tail())") }
        return Double(inUserMode) / Double(all)
    }
}
