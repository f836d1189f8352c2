import ArgumentParser
import LocalCluster

/// What carries pgbench's connections, on both sides of a proxy.
enum Transport: String, Sendable, Codable, CaseIterable, ExpressibleByArgument {
    /// Loopback, 127.0.0.1.
    case tcp
    /// Unix sockets, pgbench's own default: the kernel's share of a statement is smaller, so a proxy's own shows more.
    case unix

    /// Where libpq finds a program that listens both on 127.0.0.1 and in a directory.
    /// - Parameter directory: that of its unix socket.
    func host(directory: String) -> String {
        switch self {
        case .tcp: "127.0.0.1"
        case .unix: directory
        }
    }

    var title: String {
        switch self {
        case .tcp: "loopback"
        case .unix: "unix sockets"
        }
    }
}
