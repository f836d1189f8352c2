import ArgumentParser
import ControlPlane

/// Finds the control socket of the Egret that runs with a configuration file.
enum ControlSocketLocator {
    static func path(configurationFile: String) throws -> String {
        throw ValidationError("cannot read \(configurationFile) yet: name the socket with --socket")
    }
}
