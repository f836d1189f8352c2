import Glibc
import Kernel

/// Two connected sockets that are closed with this object.
final class SocketPair {
    let left: Int32
    private(set) var right: Int32

    init() throws {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw Errno(rawValue: errno) }
        (left, right) = (pair[0], pair[1])
    }

    deinit {
        Socket.close(left)
        closeRight()
    }

    func closeRight() {
        if right >= 0 { Socket.close(right) }
        right = -1
    }

    /// Sends to the left end.
    func send(_ bytes: [UInt8]) -> IOOutcome {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return .bytes(0) }
            return Socket.send(right, base, count: raw.count)
        }
    }
}

/// A directory of its own, short enough for the path of a unix socket; gone with this object.
final class ShortDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/egret-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let entries = opendir(path) {
            while let entry = readdir(entries) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink("\(path)/\(name)")
            }
            closedir(entries)
        }
        rmdir(path)
    }
}

/// Reads what is there, at most 64 bytes.
func receive(_ descriptor: Int32) -> (outcome: IOOutcome, bytes: [UInt8]) {
    var space = [UInt8](repeating: 0, count: 64)
    let outcome = space.withUnsafeMutableBytes { raw -> IOOutcome in
        guard let base = raw.baseAddress else { return .wouldBlock }
        return Socket.receive(descriptor, into: base, count: raw.count)
    }
    guard case .bytes(let count) = outcome else { return (outcome, []) }
    return (outcome, Array(space.prefix(count)))
}

extension IOOutcome {
    var isWouldBlock: Bool {
        guard case .wouldBlock = self else { return false }
        return true
    }

    var isEndOfStream: Bool {
        guard case .endOfStream = self else { return false }
        return true
    }

    var count: Int? {
        guard case .bytes(let count) = self else { return nil }
        return count
    }
}
