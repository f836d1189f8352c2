import ArgumentParser
import Foundation

/// Where a report goes besides standard output, and whether its goals decide the exit status.
struct ReportOptions: ParsableArguments {
    @Option(help: "Write everything, all rounds included, to this file.")
    var json: String?

    @Option(help: "Write the tables to this file.")
    var markdown: String?

    @Flag(help: "Exit with status 1 when one of the goals that this run measures is missed.")
    var check = false

    /// Prints the plain form and writes the files that were asked for.
    func publish(_ report: some Encodable, plain: String, markdown text: String) throws {
        print(plain)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(report).write(to: URL(fileURLWithPath: json))
        }
        if let markdown { try Data(text.utf8).write(to: URL(fileURLWithPath: markdown)) }
    }

    /// With `--check`, names every goal that was missed and ends with status 1 if there is one.
    func judge(_ goals: [Goal]) throws {
        guard check else { return }
        guard !goals.isEmpty else { throw ValidationError("This selection measures none of the goals.") }
        let missed = goals.filter { !$0.isMet }
        for goal in missed {
            note("missed: \(goal.name): \(goal.measured?.fixed(2) ?? "not measured"), at most \(goal.limit.fixed(2))")
        }
        if !missed.isEmpty { throw ExitCode(1) }
    }
}
