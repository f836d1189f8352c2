internal import CLinux
internal import Glibc

/// A pthread.
package struct Thread: @unchecked Sendable {
    // @unchecked because pthread_t is an opaque number on Linux that any thread may join.
    private let handle: pthread_t

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameters:
    ///   - name: at most 15 bytes are shown by top(1) and gdb.
    ///   - body: what the thread does.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) -> Thread {
        let context = Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                egret_thread_name(start.name)
                start.body()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw Errno(rawValue: status)
        }
        return Thread(handle: handle)
    }

    /// Waits until the thread has ended.
    package func join() { pthread_join(handle, nil) }

    /// Marks this thread as a worker's, for assertions; 0 unmarks it.
    /// - Parameter worker: the worker's number plus one.
    package static func markWorker(_ worker: UInt) { egret_worker_local_set(worker) }

    package static var currentWorker: UInt { egret_worker_local_get() }
}
