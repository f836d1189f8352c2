import Foundation

extension Configuration {
    /// At most this many warnings and this many errors are reported.
    package static let problemLimit = 200

    /// Reads a file and everything that it includes, and checks it. A value that cannot be read is reported as an
    /// error, and the default stands in its place. A missing file is an error, too.
    package static func load(path: String) -> (Configuration, [ConfigurationProblem]) {
        let configuration = Configuration(file: path)
        var reader = ConfigurationReader()
        reader.read(configuration.file)
        return configuration.loaded(with: reader.settings, problems: reader.problems)
    }

    /// As `load(path:)`, from a text; `include` is not available there.
    package static func load(text: String, file: String) -> (Configuration, [ConfigurationProblem]) {
        let configuration = Configuration(file: file)
        let parsed = ConfigurationFile(text, file: configuration.file)
        return configuration.loaded(with: parsed.settings, problems: parsed.problems)
    }

    private func loaded(
        with settings: [ConfigurationFile.Setting], problems: [ConfigurationProblem]
    ) -> (Configuration, [ConfigurationProblem]) {
        var interpreter = ConfigurationInterpreter(configuration: self, problems: problems)
        for setting in settings { interpreter.apply(setting) }
        interpreter.applyClusteringSwitches()
        interpreter.checkSupport()
        if interpreter.problems.contains(where: { $0.severity == .error && $0.line == nil }) {
            // Nothing was read: complaints about what is missing would only hide the reason.
            return (interpreter.configuration, interpreter.problems)
        }
        interpreter.problems += interpreter.configuration.crossChecks()
        return (interpreter.configuration, interpreter.problems)
    }
}

/// Gives meaning to settings, one after the other; later ones win.
private struct ConfigurationInterpreter {
    var configuration: Configuration
    var problems: [ConfigurationProblem]
    private var clusteringSwitches: [String: ConfigurationFile.Setting] = [:]

    init(configuration: Configuration, problems: [ConfigurationProblem]) {
        self.configuration = configuration
        self.problems = problems
    }

    mutating func apply(_ setting: ConfigurationFile.Setting) {
        switch ParameterTable.resolve(setting.name) {
        case .parameter(let parameter, let index, let isOldName):
            if isOldName {
                let current = parameter.name + (index.map { String($0) } ?? "")
                report(.warning, setting, "this is an old name, now it is \(current)")
            }
            set(parameter, index: index, to: setting)
        case .badIndex:
            report(.error, setting, "its number is outside the range 0 to \(Parameter.highestIndex)")
        case .retired(let retired):
            report(.warning, setting, "it is no longer used: \(retired.reason)")
        case .clusteringSwitch:
            clusteringSwitches[setting.name] = setting
        case .unknown:
            guard isWorthReporting(.warning) else { return }
            let suggestion = ParameterTable.suggestion(for: setting.name).map { "; did you mean \($0)?" } ?? ""
            report(.warning, setting, "there is no such parameter\(suggestion)")
        }
    }

    private mutating func set(_ parameter: Parameter, index: Int?, to setting: ConfigurationFile.Setting) {
        do {
            let value = try parameter.type.value(of: setting.text)
            configuration.set(parameter, index: index, to: Configuration.Entry(value: value, setting: setting))
        } catch {
            configuration.removeValue(of: parameter.name, index: index)
            report(.error, setting, error.message)
        }
    }

    /// Turns the three switches of pgpool-II before 4.2 into `backend_clustering_mode`, unless a file sets that.
    mutating func applyClusteringSwitches() {
        let settings = clusteringSwitches.values.sorted { ($0.file, $0.line, $0.name) < ($1.file, $1.line, $1.name) }
        guard let last = settings.last else { return }
        let parameter = configuration.parameter("backend_clustering_mode")
        guard !configuration.isSet(parameter.name) else {
            for setting in settings { report(.warning, setting, "\(parameter.name) takes its place") }
            return
        }
        let mode = ParameterTable.clusteringMode(
            replication: isOn("replication_mode"), masterSlave: isOn("master_slave_mode"),
            subMode: clusteringSwitches["master_slave_sub_mode"]?.text.lowercased() ?? "stream")
        for setting in settings {
            report(.warning, setting, "this is an old name, now it is \(parameter.name) = '\(mode)'")
        }
        let setting = ConfigurationFile.Setting(
            file: last.file, line: last.line, name: parameter.name, text: mode)
        set(parameter, index: nil, to: setting)
    }

    private mutating func isOn(_ name: String) -> Bool {
        guard let setting = clusteringSwitches[name] else { return false }
        do {
            return try ParameterType.bool.value(of: setting.text) == .bool(true)
        } catch {
            report(.error, setting, error.message)
            return false
        }
    }

    /// One warning or error for each value that Egret does not honour.
    mutating func checkSupport() {
        let entries = configuration.entries.sorted {
            ($0.value.setting.file, $0.value.setting.line, $0.key.name)
                < ($1.value.setting.file, $1.value.setting.line, $1.key.name)
        }
        for (key, entry) in entries {
            let parameter = configuration.parameter(key.name)
            guard entry.value != parameter.defaultValue else { continue }
            if let needed = parameter.onlyWith, !configuration.bool(needed) { continue }
            switch parameter.support(of: entry.value) {
            case .implemented: break
            case .later:
                report(.warning, entry.setting, "it is not implemented yet; the value has no effect")
            case .ignored(let why):
                report(.warning, entry.setting, "it has no effect: \(why)")
            case .refused(let why):
                report(.error, entry.setting, "\(parameter.type.display(entry.value)) cannot be used: \(why)")
            }
        }
    }

    /// A file that is no configuration at all must not fill the log. Errors are counted by themselves, so that no
    /// number of warnings hides one.
    private func isWorthReporting(_ severity: ConfigurationProblem.Severity) -> Bool {
        problems.count { $0.severity == severity } < Configuration.problemLimit
    }

    private mutating func report(
        _ severity: ConfigurationProblem.Severity, _ setting: ConfigurationFile.Setting, _ message: String
    ) {
        guard isWorthReporting(severity) else { return }
        problems.append(
            ConfigurationProblem(
                severity, file: setting.file, line: setting.line, parameter: setting.name, message))
    }
}
