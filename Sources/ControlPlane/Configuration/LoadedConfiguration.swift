package import ProxyCore

/// A configuration file and the secrets that it names, read together.
package struct LoadedConfiguration: Sendable {
    package let configuration: Configuration
    package let passwords: PoolPasswd
    /// Warnings and errors of both files, in their order.
    package let problems: [ConfigurationProblem]

    package init(path: String) {
        var (configuration, problems) = Configuration.load(path: path)
        var passwords = PoolPasswd()
        let file = configuration.path("pool_passwd")
        if !file.isEmpty && !problems.contains(where: { $0.severity == .error }) {
            let (read, more) = PoolPasswd.load(path: file)
            passwords = read
            // Without the parameter pgpool looks for the file too, and says nothing when it is not there.
            problems += configuration.isSet("pool_passwd") ? more : more.filter { $0.line != nil }
        }
        self.configuration = configuration
        self.passwords = passwords
        self.problems = problems
    }

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    package func dataPlaneSettings(cores: Int) -> DataPlaneSettings {
        DataPlaneSettings(configuration, passwords: passwords, cores: cores)
    }

    package var clusterSettings: ClusterSettings {
        ClusterSettings(configuration: configuration) { value, user in
            let secret = value.isEmpty ? passwords.secret(of: user) : PoolPasswd.Secret(parameter: value)
            guard case .plain(let password) = secret else { return nil }
            return password
        }
    }
}

extension Configuration: ConfigurationReading {
    package var nodeNumbers: [Int] { nodes }
}
