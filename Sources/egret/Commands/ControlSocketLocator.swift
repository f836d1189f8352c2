import ArgumentParser
import ControlPlane

/// Finds the control socket of the Egret that runs with a configuration file.
enum ControlSocketLocator {
    static func path(configurationFile: String) throws -> String {
        let (configuration, problems) = Configuration.load(path: configurationFile)
        if let error = problems.first(where: { $0.severity == .error }) { throw ValidationError("\(error)") }
        return ControlSocket.path(configuration)
    }
}
