internal import Glibc

/// An open log file.
struct LogFile {
    struct Failure: Error, Equatable {
        /// As strerror has it.
        var reason: String

        init(errno: Int32) { reason = String(cString: strerror(errno)) }
    }

    let path: String
    /// What was in it when it was opened, in bytes.
    let size: Int64
    private let descriptor: Int32

    /// Opens a file for appending, and makes it and its directory when they are missing. The file then has exactly this
    /// mode, whatever the umask is, and the directory 0700.
    init(_ opening: LogRotation.Opening, directory: String) throws(Failure) {
        mkdir(directory, 0o700)
        var flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | (opening.truncates ? O_TRUNC : 0)
        // In a directory of somebody else's a symbolic link may lead to any file that we may write.
        var owner = stat()
        if stat(directory, &owner) == 0, owner.st_uid != geteuid() { flags |= O_NOFOLLOW }
        // A pipe without a reader must not stop the log.
        flags |= O_NONBLOCK
        let mode = mode_t(opening.mode | UInt32(S_IWUSR))
        var descriptor = open(opening.path, flags | O_CREAT | O_EXCL, mode)
        if descriptor >= 0 {
            fchmod(descriptor, mode)
        } else if errno == EEXIST {
            descriptor = open(opening.path, flags | O_CREAT, mode)
        }
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        self.descriptor = descriptor
        path = opening.path
        size = Int64(Self.status(descriptor)?.st_size ?? 0)
    }

    func close() { _ = Glibc.close(descriptor) }

    /// Whether no directory has it any more: what is written to it will never be read. A file that was only moved is
    /// still there.
    var isRemoved: Bool { Self.status(descriptor).map { $0.st_nlink == 0 } ?? true }

    /// - Parameter written: how many bytes went out, also when the rest did not.
    func write(_ text: String, written: inout Int) throws(Failure) {
        try Self.write(text, to: descriptor, written: &written)
    }

    /// One write(2) for the whole text where that is possible, so that lines of several processes on one file do not
    /// mix. A pipe that nobody reads is waited for a second.
    static func write(_ text: String, to descriptor: Int32, written: inout Int) throws(Failure) {
        let bytes = Array(text.utf8)
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
                continue
            }
            switch count < 0 ? errno : ENOSPC {
            case EINTR: continue
            case EAGAIN:
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&ready, 1, 1_000) == 0 { throw Failure(errno: EAGAIN) }
            case let error: throw Failure(errno: error)
            }
        }
    }

    private static func status(_ descriptor: Int32) -> stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status : nil
    }
}
