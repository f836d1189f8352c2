internal import Glibc

/// Runs a system call until it is not interrupted. nil is EAGAIN. EBADF and EFAULT mean that Egret itself is broken,
/// and going on could send one client's bytes to another, so the process stops there.
@inline(always)
func retrying(_ call: () -> Int) -> Result<Int, Errno>? {
    while true {
        let result = call()
        if result >= 0 { return .success(result) }
        let error = Errno.current
        switch error {
        case .interrupted: continue
        case .again: return nil
        case .badDescriptor, .badAddress: preconditionFailure("the kernel rejected our own argument: \(error)")
        default: return .failure(error)
        }
    }
}

/// What reading from or writing to a socket came to. Not an error type: all four are ordinary.
package enum IOOutcome: Sendable, BitwiseCopyable {
    case bytes(Int)
    case wouldBlock
    case endOfStream
    case failed(Errno)
}
