import Foundation
import Glibc
import Synchronization

/// What has to be gone when this process ends, however it ends: processes first, then directories.
///
/// Everything that this module starts or creates is entered here before anybody can lose sight of it. The list is
/// worked off at `exit()` and, once `onSignals()` was called, at SIGINT, SIGTERM and SIGHUP.
package enum ExitCleanup {
    private struct Entries {
        var processes: Set<Int32> = []
        var directories: [String] = []
        /// From the first removal on nothing may be added: it would never be removed.
        var isClosed = false
    }

    private static let entries = Mutex(Entries())
    private static let isArmed = Mutex(false)

    /// Enters a process that leads its own session. False when it is too late; the process has then been killed.
    static func add(process: Int32) -> Bool {
        arm()
        let isEntered = entries.withLock { entries in
            if !entries.isClosed { entries.processes.insert(process) }
            return !entries.isClosed
        }
        if !isEntered { kill(-process, SIGKILL) }
        return isEntered
    }

    /// The process has ended and was waited for: its number may belong to somebody else from now on.
    static func forget(process: Int32) {
        _ = entries.withLock { $0.processes.remove(process) }
    }

    /// Enters a directory, before it is created.
    package static func add(directory: String) throws(LocalClusterError) {
        arm()
        let isEntered = entries.withLock { entries in
            if !entries.isClosed { entries.directories.append(directory) }
            return !entries.isClosed
        }
        if !isEntered { throw .shuttingDown }
    }

    /// The directory is gone, or has found another owner.
    package static func forget(directory: String) {
        entries.withLock { $0.directories.removeAll { $0 == directory } }
    }

    /// True once the removal has begun. Errors from then on are its echo, not news.
    package static var isClosed: Bool { entries.withLock { $0.isClosed } }

    private static func arm() {
        isArmed.withLock { isArmed in
            if !isArmed { atexit { ExitCleanup.removeAll() } }
            isArmed = true
        }
    }

    /// Ends all processes and removes all directories that are entered, and lets nothing be entered any more.
    package static func removeAll() {
        let (processes, directories) = entries.withLock { entries in
            entries.isClosed = true
            defer {
                entries.processes = []
                entries.directories = []
            }
            return (entries.processes, entries.directories)
        }
        // SIGQUIT is PostgreSQL's immediate shutdown: unlike SIGKILL it leaves no shared memory behind.
        for process in processes {
            kill(process, SIGCONT)
            kill(process, SIGQUIT)
        }
        let deadline = ContinuousClock.now + .seconds(3)
        while ContinuousClock.now < deadline, processes.contains(where: ProcessTable.isAlive) { usleep(20_000) }
        for process in processes where ProcessTable.isAlive(process) { kill(-process, SIGKILL) }
        for directory in directories { remove(directory: directory) }
    }

    /// Removes a directory and what works in it: backends whose postmaster was killed, and their shared memory.
    static func remove(directory: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names {
            let inner = directory + "/" + name
            for process in ProcessTable.working(in: inner) { kill(process, SIGKILL) }
            SharedMemory.remove(ofDataDirectory: inner)
        }
        for _ in 0..<50 {
            try? FileManager.default.removeItem(atPath: directory)
            // A dying backend may still have written a file behind the removal's back.
            if !FileManager.default.fileExists(atPath: directory) { return }
            usleep(20_000)
        }
    }

    /// The signals' numbers travel from the handler, which may do next to nothing, to a thread that may do everything.
    nonisolated(unsafe) private static var signalWriteEnd: Int32 = -1

    /// Makes SIGINT, SIGTERM and SIGHUP remove everything and end the process.
    /// `exitStatus` is called with the signal's number before the removal begins, and says what to end with.
    package static func onSignals(_ exitStatus: @escaping @Sendable (Int32) -> Int32 = { 128 + $0 }) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let readEnd = ends[0]
        // Safety: written once, before the handlers that read it are installed.
        signalWriteEnd = ends[1]
        Thread.detachNewThread {
            var number: UInt8 = 0
            while read(readEnd, &number, 1) < 0 && errno == EINTR {}
            let status = exitStatus(Int32(number))
            removeAll()
            _exit(status)
        }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            var number = UInt8(truncatingIfNeeded: signal)
            write(ExitCleanup.signalWriteEnd, &number, 1)
        }
        action.sa_flags = Int32(SA_RESTART)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaction(signal, &action, nil) }
    }
}

/// PostgreSQL's System V shared memory segment, which a killed postmaster leaves to the next one.
enum SharedMemory {
    /// Removes the segment that `postmaster.pid` names, when no server runs in the data directory.
    static func remove(ofDataDirectory directory: String) {
        guard let text = try? String(contentsOfFile: directory + "/postmaster.pid", encoding: .utf8) else { return }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 6, let pid = Int32(lines[0]), !ProcessTable.isAlive(pid) else { return }
        let numbers = lines[6].split(separator: " ")
        guard numbers.count == 2, let identifier = Int32(numbers[1]) else { return }
        shmctl(identifier, IPC_RMID, nil)
    }
}
