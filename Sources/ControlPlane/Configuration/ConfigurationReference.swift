/// The texts that are made from the parameter table: the sample file and the reference page.
package enum ConfigurationReference {
    /// `conf/egret.conf`: every parameter with its default, commented out; set are only the pool's mode and size.
    package static func sampleFile() -> String {
        var lines = sampleHeader
        for group in ParameterGroup.allCases {
            lines += ["", "#" + String(repeating: "-", count: 78), "# " + group.rawValue, "#"]
            lines += introduction(of: group)
            lines.removeLast(lines.last == "#" ? 1 : 0)
            for parameter in ParameterTable.all where parameter.group == group {
                lines.append("")
                lines += sampleLines(parameter)
            }
            if group == .backends { lines += exampleNodes }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `docs/parameters.md`.
    package static func markdown() -> String {
        var lines = markdownHeader
        for group in ParameterGroup.allCases {
            lines += ["", "## " + group.rawValue, ""]
            lines += ["| Parameter | Value | Default | Changed by | Meaning |", "|---|---|---|---|---|"]
            lines += ParameterTable.all.filter { $0.group == group }.map(markdownRow)
        }
        lines += oldNamesSection
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Sample file

    private static let sampleHeader = [
        "# Egret's configuration.",
        "#",
        "# A line is name = value. Strings stand in single quotes, # begins a comment. Times take us, ms, s, min, h",
        "# or d, memory takes B, kB, MB, GB or TB; without a unit the one named below is meant. The last of several",
        "# lines for a parameter counts. include 'file' reads another file, relative to the directory of this one.",
        "#",
        "# Lines that are commented out show the defaults. Parameters marked (restart) are read at the start only, the",
        "# others also by egret reload. egret check -f FILE tells what is wrong with a file.",
    ]

    /// What the sample sets, in place of the default: pooling by transaction is what most users come for.
    private static let sampleSettings = ["pool_mode": "'transaction'", "default_pool_size": "20"]

    /// Two nodes as an example; a node exists when it has a port.
    private static var exampleNodes: [String] {
        (0...1).flatMap { node in
            [
                "", "#backend_hostname\(node) = '10.0.0.\(node + 1)'", "#backend_port\(node) = 5432",
                "#backend_weight\(node) = 1", "#backend_data_directory\(node) = '/var/lib/postgresql/15/main'",
                "#backend_application_name\(node) = 'node\(node)'", "#backend_flag\(node) = 'ALLOW_TO_FAILOVER'",
            ]
        }
    }

    private static func introduction(of group: ParameterGroup) -> [String] {
        switch group {
        case .backends:
            ["# Nodes are numbered from 0 to \(Parameter.highestIndex). At least one is needed; two examples follow."]
        case .healthCheck:
            ["# Names with a number at the end, such as health_check_period0, override the value for one node."]
        case .watchdog:
            ["# Members are numbered from 0."]
        case .nativeReplication:
            ["# Accepted because pgpool.conf files have them; none of them has an effect."]
        case .egret, .connections, .authentication, .tls, .sizing, .logging, .files, .loadBalancing,
            .streamingReplication, .failover, .recovery, .caches:
            []
        }
    }

    private static func sampleLines(_ parameter: Parameter) -> [String] {
        var notes = parameter.context == .start ? " (restart)" : ""
        if let note = supportNote(parameter) { notes += " [\(note)]" }
        let prefix = parameter.group == .backends ? "\(parameter.name)N: " : ""
        let lines = wrapped(prefix + parameter.summary + notes, width: 108).map { "# " + $0 }
        if let setting = sampleSettings[parameter.name] {
            return lines + ["\(parameter.name) = \(setting)\(valueNote(parameter))"]
        }
        if parameter.group == .backends { return lines }
        let index = parameter.indexing == .indexed ? "0" : ""
        return lines + ["#\(parameter.name)\(index) = \(literal(parameter))\(valueNote(parameter))"]
    }

    /// The default as a file would have it.
    private static func literal(_ parameter: Parameter) -> String {
        parameter.type.isQuoted ? "'\(parameter.defaultText)'" : parameter.defaultText
    }

    private static func valueNote(_ parameter: Parameter) -> String {
        switch parameter.type {
        case .bool, .string: ""
        case .int(_, let unit): unit == .none ? "" : "  # in \(unit.symbol)"
        case .real: "  # " + parameter.type.summary
        case .enumeration: "  # " + parameter.type.summary
        case .list(let separator, _): "  # separated by \(separator)"
        }
    }

    // MARK: Reference page

    private static let markdownHeader = [
        "# Parameters",
        "",
        "Every parameter of `egret.conf`, which is also every parameter of pgpool-II's `pgpool.conf`. The page is made",
        "from the table that the program reads; `EGRET_WRITE_REFERENCE=1 swift test --filter ConfigurationReference`",
        "writes it anew.",
        "",
        "*Changed by*: `restart` is read at the start only, `reload` also by SIGHUP and `egret reload`, `session` may be",
        "changed by a client for itself with `PGPOOL SET`. A name with **N** takes a node's number from 0 to"
            + " \(Parameter.highestIndex)",
        "in its place, a name with **[N]** may have one.",
    ]

    private static func markdownRow(_ parameter: Parameter) -> String {
        let suffix =
            switch parameter.indexing {
            case .single: ""
            case .indexed: "**N**"
            case .indexedOrCommon: "**[N]**"
            }
        var meaning = parameter.summary
        if let note = supportNote(parameter) { meaning += " *\(note.prefix(1).uppercased() + note.dropFirst()).*" }
        let context = parameter.context == .start ? "restart" : parameter.context.rawValue
        let text = parameter.defaultText.isEmpty ? "empty" : "`\(parameter.defaultText)`"
        let cells = ["`\(parameter.name)`\(suffix)", parameter.type.summary, text, context, meaning]
        return "| " + cells.map(escaped).joined(separator: " | ") + " |"
    }

    private static var oldNamesSection: [String] {
        var lines = [
            "", "## Old names", "", "Names of older releases are accepted with a warning.", "",
            "| Old name | Now |", "|---|---|",
        ]
        for parameter in ParameterTable.all {
            let suffix = parameter.indexing == .indexed ? "N" : ""
            lines += parameter.oldNames.map { "| `\($0)\(suffix)` | `\(parameter.name)\(suffix)` |" }
        }
        lines += ParameterTable.clusteringSwitches.sorted().map {
            "| `\($0)` | `backend_clustering_mode`, by all three together |"
        }
        lines += ParameterTable.retired.map { "| `\($0.name)\($0.isIndexed ? "N" : "")` | unused: \($0.reason) |" }
        return lines
    }

    /// A vertical bar ends a cell, even between backquotes.
    private static func escaped(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    // MARK: Both

    private static func supportNote(_ parameter: Parameter) -> String? {
        let missing = parameter.valueSupport.filter { $0.value != .implemented }.map(\.key).sorted()
        if !missing.isEmpty { return "not available yet: \(missing.joined(separator: "; "))" }
        switch parameter.support {
        case .implemented:
            return nil
        case .later:
            return "accepted, not implemented yet"
        case .ignored(let why):
            return "without effect: \(why)"
        case .refused(let why):
            return "refused: \(why)"
        }
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
