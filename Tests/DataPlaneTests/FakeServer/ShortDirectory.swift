import Glibc
import Kernel

/// A directory of its own, short enough for the path of a unix socket; gone with this object, with the sockets in it.
final class ShortDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/egret-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        unlink("\(path)/.s.PGSQL.5432")
        rmdir(path)
    }
}
