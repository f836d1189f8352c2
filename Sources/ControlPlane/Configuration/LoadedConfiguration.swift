internal import Foundation
package import ProxyCore

/// A configuration file and the secrets that it names, read together.
package struct LoadedConfiguration: Sendable {
    package let configuration: Configuration
    package let passwords: PoolPasswd
    /// Warnings and errors of both files, in their order.
    package let problems: [ConfigurationProblem]

    /// `pcp.conf`; the file itself is read at each login.
    package let pcpFile: String

    /// - Parameter pcpFile: `pcp.conf`; nil is the one beside the configuration file.
    package init(path: String, pcpFile: String? = nil) {
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
        self.pcpFile =
            pcpFile.map { absolutePath($0, relativeTo: FileManager.default.currentDirectoryPath) }
            ?? configuration.directory + "/pcp.conf"
        self.passwords = passwords
        self.problems = problems
    }

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    package func dataPlaneSettings(cores: Int) -> DataPlaneSettings {
        DataPlaneSettings(configuration, passwords: passwords, cores: cores)
    }

    package var clusterSettings: ClusterSettings {
        var settings = ClusterSettings(configuration: configuration) { value, user in
            let secret = value.isEmpty ? passwords.secret(of: user) : PoolPasswd.Secret(parameter: value)
            guard case .plain(let password) = secret else { return nil }
            return password
        }
        settings.pcp.passwordFile = pcpFile
        return settings
    }
}

extension Configuration: ConfigurationReading {
    package var nodeNumbers: [Int] { nodes }
}
