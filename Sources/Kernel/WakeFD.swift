internal import CLinux
internal import Glibc

/// An eventfd that ends another thread's epoll wait.
package struct WakeFD: Sendable {
    package let descriptor: Int32

    package init() throws(Errno) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .current }
    }

    /// Any thread.
    package func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// The waiting thread, once it is awake.
    package func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
