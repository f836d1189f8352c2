internal import Glibc

/// The number of a failed system call, errno(3).
package struct Errno: Error, Hashable, Sendable, BitwiseCopyable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// Must be read before anything else can run and overwrite it.
    static var current: Errno { Errno(rawValue: errno) }

    package static let interrupted = Errno(rawValue: EINTR)
    package static let again = Errno(rawValue: EAGAIN)
    package static let inProgress = Errno(rawValue: EINPROGRESS)
    package static let tooManyFiles = Errno(rawValue: EMFILE)
    package static let tooManyFilesInSystem = Errno(rawValue: ENFILE)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let addressInUse = Errno(rawValue: EADDRINUSE)
    package static let noSuchFile = Errno(rawValue: ENOENT)
    package static let badDescriptor = Errno(rawValue: EBADF)
    package static let badAddress = Errno(rawValue: EFAULT)

    /// The descriptor table is full: accepting again at once would fail again.
    package var isDescriptorExhaustion: Bool { self == .tooManyFiles || self == .tooManyFilesInSystem }

    package static let noBufferSpace = Errno(rawValue: ENOBUFS)
    package static let noMemory = Errno(rawValue: ENOMEM)

    /// This process or this machine is short of descriptors or memory. It says nothing about a peer.
    package var isShortage: Bool { isDescriptorExhaustion || self == .noBufferSpace || self == .noMemory }
}

extension Errno: CustomStringConvertible {
    package var description: String {
        guard let text = strerror(rawValue) else { return "error \(rawValue)" }
        return String(cString: text)
    }
}
