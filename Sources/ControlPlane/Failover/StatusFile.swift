internal import Foundation
package import ProxyCore

/// `pgpool_status`: which nodes were down when the process ended.
package struct StatusFile: Sendable {
    /// pgpool knows no more nodes; a longer file is not one of its status files.
    private static let nodesMax = 128

    package let path: String

    /// - Parameter directory: `work_dir`
    package init(directory: String) {
        path = directory + "/pgpool_status"
    }

    /// The statuses by node; empty when there is no file, or none of its nodes is up, which would be no start at all.
    package func read() -> [NodeID: NodeStatus] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [:] }
        let words = Self.isText(bytes) ? Self.textWords(bytes) : Self.binaryWords(bytes)
        guard words.contains(.up) else { return [:] }
        var statuses: [NodeID: NodeStatus] = [:]
        for (number, word) in words.prefix(Self.nodesMax).enumerated() { statuses[NodeID(UInt8(number))] = word }
        return statuses
    }

    /// Replaces the file in one step: a reader sees the old one or the new one.
    /// - Parameter statuses: index i is node i.
    package func write(_ statuses: [NodeStatus]) throws {
        let lines = statuses.map { status in
            switch status {
            case .unused: "unused\n"
            case .waiting, .up: "up\n"
            // A quarantine belongs to one run of the proxy; it is no reason to leave the node out of the next.
            case .quarantine: "up\n"
            case .down: "down\n"
            }
        }
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// For `egret run --discard-status`.
    package func discard() {
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func isText(_ bytes: Data) -> Bool {
        bytes.allSatisfy { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 || (0x20..<0x7F).contains($0) }
    }

    private static func textWords(_ bytes: Data) -> [NodeStatus] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            switch line.trimmingCharacters(in: .whitespaces).lowercased() {
            case "up", "waiting": .up
            case "down": .down
            default: .unused
            }
        }
    }

    /// Very old versions wrote C ints: 0 unused, 1 waiting, 2 up, 3 down.
    private static func binaryWords(_ bytes: Data) -> [NodeStatus] {
        let bytes = [UInt8](bytes)
        return stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { start in
            let number = bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return switch number {
            case 1, 2: .up
            case 3: .down
            default: .unused
            }
        }
    }
}
