import ControlPlane
import Foundation

/// A log that ends in a file.
final class LogCapture: Sendable {
    let sink: LogSink
    private let directory: TemporaryDirectory
    private let descriptor: Int32

    init(prefix: String = "", threshold: LogSeverity = .debug5) throws {
        directory = try TemporaryDirectory()
        descriptor = open(directory.file("log"), O_CREAT | O_RDWR | O_APPEND, 0o600)
        sink = LogSink(descriptor: descriptor, settings: .init(threshold: threshold, prefix: prefix))
    }

    deinit {
        close(descriptor)
    }

    var text: String {
        sink.flush()
        return (try? String(contentsOfFile: directory.file("log"), encoding: .utf8)) ?? ""
    }

    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// Waits until a line contains the text, a few seconds at most.
    func contains(_ part: String, within limit: Duration = .seconds(10)) async -> Bool {
        await eventually(within: limit) { self.text.contains(part) }
    }
}

/// Asks until the answer is yes or the time is over.
func eventually(within limit: Duration = .seconds(10), _ condition: @Sendable () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return await condition()
}
