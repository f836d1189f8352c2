import Foundation
import Glibc

/// Says on standard output what the demo does and what came out, line by line, as it happens.
struct Narrator: Sendable {
    /// Someone is watching: titles are set off with colour.
    let isTerminal = isatty(STDOUT_FILENO) == 1

    func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// The heading of a step.
    func title(_ number: Int, _ text: String) {
        say("")
        say(styled("\(number). \(text)", "1"))
    }

    /// Something that is being done: a command, a statement.
    func does(_ text: String) { say(indented(styled("$ ", "2") + text)) }

    /// What it gave back.
    func shows(_ text: String) {
        if !text.isEmpty { say(indented(text)) }
    }

    /// Something that was checked and is so.
    func holds(_ text: String) { say(indented(styled("ok ", "32") + text)) }

    func fail(_ text: String) {
        say("")
        say(styled("The demo failed: ", "1;31") + text)
    }

    private func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "   " + $0 }.joined(separator: "\n")
    }

    private func styled(_ text: String, _ code: String) -> String {
        isTerminal ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
