internal import Foundation
internal import Glibc

/// `pid_file_name`: the process id in decimal and a NUL, as pgpool writes it and its scripts read it.
package struct PidFile: Sendable {
    private let path: String

    package init(path: String) { self.path = path }

    /// Why the file could not be taken.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Claims the file for this process. A file whose process is gone is overwritten.
    package func claim() throws(Failure) {
        if path.isEmpty { return }
        if let text = try? Data(contentsOf: URL(fileURLWithPath: path)),
            let pid = Int32(String(decoding: text.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)),
            pid != getpid(), pid > 0, kill(pid, 0) == 0 || errno == EPERM
        {
            throw Failure(description: "pid file found. is another egret(\(pid)) running?")
        }
        do {
            let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try (Data("\(getpid())".utf8) + [0]).write(to: URL(fileURLWithPath: path))
        } catch {
            throw Failure(description: "could not write the pid file \(path): \(error.localizedDescription)")
        }
    }

    package func remove() {
        if !path.isEmpty { unlink(path) }
    }
}
