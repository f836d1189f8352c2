@preconcurrency internal import Dispatch
internal import Glibc
internal import Synchronization

/// Reads what a hook prints, line by line, without ever making somebody wait for its end: a daemon that the hook has
/// started may hold the pipe open for ever. Such a daemon's lines keep coming until it closes the pipe.
final class HookOutput: Sendable {
    private struct State {
        var partial: [UInt8] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isAtEnd = false
    }

    private static let lineLengthMax = 8 * 1024
    private static let readSize = 64 * 1024

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "egret.hook-output")
    private let source: any DispatchSourceRead
    private let state = Mutex(State())
    private let emit: @Sendable (String) -> Void

    /// Takes the reading end of a pipe over and closes it in the end.
    init(reading descriptor: Int32, emit: @escaping @Sendable (String) -> Void) {
        self.descriptor = descriptor
        self.emit = emit
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        // The source keeps this object alive until the pipe ends.
        source.setEventHandler { self.readAvailable() }
        source.setCancelHandler {
            close(descriptor)
            self.source.setEventHandler(handler: nil)
        }
        source.resume()
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

    private func readAvailable() {
        var buffer = [UInt8](repeating: 0, count: Self.readSize)
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 {
            take(buffer.prefix(count))
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            finish()
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        var lines: [String] = []
        state.withLock { state in
            for byte in bytes {
                if byte == UInt8(ascii: "\n") || state.partial.count >= Self.lineLengthMax {
                    lines.append(String(decoding: state.partial, as: UTF8.self))
                    state.partial.removeAll(keepingCapacity: true)
                }
                if byte != UInt8(ascii: "\n") { state.partial.append(byte) }
            }
        }
        for line in lines { emit(line) }
    }

    private func finish() {
        let rest = state.withLock { state in
            state.isAtEnd = true
            defer { state.partial = [] }
            return state.partial
        }
        if !rest.isEmpty { emit(String(decoding: rest, as: UTF8.self)) }
        source.cancel()
        releaseWaiters()
    }
}
