internal import Foundation
internal import Synchronization

/// Reads what a hook prints, line by line, on a thread of its own, without ever making somebody wait for its end: a
/// daemon that the hook has started may hold the pipe open for ever. Such a daemon's lines keep coming until it closes
/// the pipe.
///
/// A thread and not a dispatch source: libdispatch's epoll back end crashed when descriptors came and went quickly.
final class HookOutput: Sendable {
    private struct State {
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isAtEnd = false
    }

    private static let lineLengthMax = 8 * 1024
    private static let readSize = 64 * 1024

    private let state = Mutex(State())

    /// Takes the reading end of a pipe over and closes it in the end.
    init(reading descriptor: Int32, emit: @escaping @Sendable (String) -> Void) {
        let thread = Thread {
            Thread.current.name = "egret-hook"
            Self.readLines(descriptor, emit)
            close(descriptor)
            self.releaseWaiters(isAtEnd: true)
        }
        thread.stackSize = 512 * 1024
        thread.start()
    }

    /// Returns at the end of the output, or when the time is over.
    func waitForEnd(atMost limit: Duration) async {
        let timer = Task {
            try? await Task.sleep(for: limit)
            self.releaseWaiters(isAtEnd: false)
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

    private func releaseWaiters(isAtEnd: Bool) {
        let waiters = state.withLock { state in
            if isAtEnd { state.isAtEnd = true }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func readLines(_ descriptor: Int32, _ emit: (String) -> Void) {
        var buffer = [UInt8](repeating: 0, count: readSize)
        var partial: [UInt8] = []
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer.prefix(count) {
                if byte == UInt8(ascii: "\n") || partial.count >= lineLengthMax {
                    emit(String(decoding: partial, as: UTF8.self))
                    partial.removeAll(keepingCapacity: true)
                }
                if byte != UInt8(ascii: "\n") { partial.append(byte) }
            }
        }
        if !partial.isEmpty { emit(String(decoding: partial, as: UTF8.self)) }
    }
}
