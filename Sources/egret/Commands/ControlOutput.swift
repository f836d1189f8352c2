import ArgumentParser
import ControlPlane
import Foundation

/// Prints what a running Egret answered.
enum ControlOutput {
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// The end of a command that does something: the message on stdout, or on stderr with exit status 1.
    static func finish(_ reply: ControlReply, json: Bool) throws {
        if json {
            try printJSON(reply)
        } else if let message = reply.message {
            if reply.isDone {
                print(message)
            } else {
                FileHandle.standardError.write(Data("egret: \(message)\n".utf8))
            }
        }
        if !reply.isDone { throw ExitCode.failure }
    }

    /// Columns as wide as their widest cell, two blanks apart.
    static func printTable(_ rows: [[String]]) {
        guard let header = rows.first else { return }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            print(line)
        }
    }
}
