internal import Foundation
internal import Glibc
internal import Synchronization

/// Reads what a hook prints, line by line, without ever making somebody wait for its end: a daemon that the hook has
/// started may hold the pipe open for ever. Such a daemon's lines keep coming until it closes the pipe.
///
/// A thread of its own reads the pipe. A dispatch source would not do: libdispatch may take up the hang-up of a pipe
/// whose source another thread has just freed.
final class HookOutput: Sendable {
    private struct State {
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isAtEnd = false
    }

    private static let lineLengthMax = 8 * 1024
    private static let readSize = 64 * 1024

    private let state = Mutex(State())
    private let emit: @Sendable (String) -> Void

    /// Takes the reading end of a pipe over and closes it in the end.
    init(reading descriptor: Int32, emit: @escaping @Sendable (String) -> Void) {
        self.emit = emit
        Thread.detachNewThread {
            self.readAll(descriptor)
            close(descriptor)
            self.state.withLock { $0.isAtEnd = true }
            self.releaseWaiters()
        }
    }

    /// Returns at the end of the output, or when the time is over.
    func waitForEnd(atMost limit: Duration) async {
        let timer = Task {
            try? await Task.sleep(for: limit)
            self.releaseWaiters()
        }
        await withCheckedContinuation { continuation in
            let isAtEnd = state.withLock { state in
                if !state.isAtEnd { state.waiters.append(continuation) }
                return state.isAtEnd
            }
            if isAtEnd { continuation.resume() }
        }
        timer.cancel()
    }

    private func releaseWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func readAll(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: Self.readSize)
        var line: [UInt8] = []
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer.prefix(count) {
                if byte == UInt8(ascii: "\n") || line.count >= Self.lineLengthMax {
                    emit(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                }
                if byte != UInt8(ascii: "\n") { line.append(byte) }
            }
        }
        if !line.isEmpty { emit(String(decoding: line, as: UTF8.self)) }
    }
}
