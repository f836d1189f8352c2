extension Configuration {
    /// What can only be judged by several parameters together. pgpool-II makes these checks at its start.
    func crossChecks() -> [ConfigurationProblem] {
        backendChecks() + weightChecks() + sizeChecks() + recoveryChecks() + loggingChecks()
    }

    private func backendChecks() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        let nodes = nodes
        for (key, entry) in ordered("backend_hostname") {
            guard let index = key.index, !nodes.contains(index), entry.value != .string("") else { continue }
            problems.append(problem(.warning, entry, "the node is not used, as backend_port\(index) is not set"))
        }
        if nodes.isEmpty {
            problems.append(
                ConfigurationProblem(
                    .error, file: file, "there is no backend node; set backend_hostname0 and backend_port0"))
        }
        var seen: [[String]: Int] = [:]
        for node in nodes {
            let identity = [
                string("backend_hostname", node: node), String(int("backend_port", node: node)),
                string("backend_data_directory", node: node),
            ]
            if let other = seen[identity], let entry = entry(parameter("backend_port"), node: node) {
                problems.append(
                    problem(.error, entry, "node \(node) has the host, port and data directory of node \(other)"))
            } else {
                seen[identity] = node
            }
        }
        return problems
    }

    private func weightChecks() -> [ConfigurationProblem] {
        let nodes = nodes
        var problems: [ConfigurationProblem] = []
        for (key, entry) in ordered("backend_weight") {
            guard let index = key.index, !nodes.contains(index) else { continue }
            problems.append(problem(.warning, entry, "there is no node \(index)"))
        }
        if !nodes.isEmpty, bool("load_balance_mode"), nodes.allSatisfy({ real("backend_weight", node: $0) == 0 }) {
            problems.append(
                ConfigurationProblem(
                    .warning, file: file,
                    "no node has a backend_weight above 0, so all reads go to the primary"))
        }
        return problems
    }

    private func sizeChecks() -> [ConfigurationProblem] {
        let clients = int("num_init_children")
        guard int("reserved_connections") >= clients,
            let entry = entry(parameter("reserved_connections"), node: nil)
        else { return [] }
        return [problem(.error, entry, "it leaves no place for clients, as num_init_children is \(clients)")]
    }

    private func recoveryChecks() -> [ConfigurationProblem] {
        for name in ["recovery_1st_stage_command", "recovery_2nd_stage_command"] where !string(name).isEmpty {
            guard let entry = entry(parameter(name), node: nil) else { continue }
            let missing = nodes.filter { string("backend_data_directory", node: $0).isEmpty }
            if let node = missing.first {
                return [problem(.error, entry, "it needs backend_data_directory\(node)")]
            }
        }
        return []
    }

    private func loggingChecks() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        if list("log_destination").isEmpty, let entry = entry(parameter("log_destination"), node: nil) {
            problems.append(problem(.warning, entry, "nothing is logged, as it names no destination"))
        }
        guard bool("logging_collector") else { return problems }
        for name in ["log_directory", "log_filename"] where string(name).isEmpty {
            guard let entry = entry(parameter(name), node: nil) else { continue }
            problems.append(problem(.error, entry, "logging_collector needs it"))
        }
        return problems
    }

    private func ordered(_ name: String) -> [(key: Key, value: Entry)] {
        entries.filter { $0.key.name == name }.sorted { ($0.key.index ?? -1) < ($1.key.index ?? -1) }
    }

    private func problem(
        _ severity: ConfigurationProblem.Severity, _ entry: Entry, _ message: String
    ) -> ConfigurationProblem {
        ConfigurationProblem(
            severity, file: entry.setting.file, line: entry.setting.line, parameter: entry.setting.name, message)
    }
}
