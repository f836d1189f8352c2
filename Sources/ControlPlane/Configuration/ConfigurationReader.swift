import Foundation

/// Reads a configuration file and the files that it includes, each at the place where it is included.
struct ConfigurationReader {
    /// How deep files may include files.
    static let nestingLimit = 10
    /// How many files one configuration may include.
    static let fileLimit = 1000

    private(set) var settings: [ConfigurationFile.Setting] = []
    private(set) var problems: [ConfigurationProblem] = []
    private var openFiles: [String] = []
    private var filesRead = 0
    private var hasGivenUp = false

    /// Reads the file at an absolute path.
    mutating func read(_ path: String) {
        read(path, includedBy: nil)
    }

    private mutating func read(_ path: String, includedBy setting: ConfigurationFile.Setting?) {
        let bytes: [UInt8]
        do {
            bytes = try Self.contents(of: path, limit: ConfigurationFile.sizeLimit)
        } catch {
            report(setting, file: path, "the file \(path) cannot be read: \(error.reason)")
            return
        }
        filesRead += 1
        openFiles.append(path)
        defer { openFiles.removeLast() }
        let file = ConfigurationFile(bytes, file: path)
        problems += file.problems
        for setting in file.settings where !hasGivenUp {
            if setting.name == "include" { include(setting) } else { settings.append(setting) }
        }
    }

    private mutating func include(_ setting: ConfigurationFile.Setting) {
        let path = absolutePath(setting.text, relativeTo: parentDirectory(ofFile: setting.file))
        if setting.text.isEmpty {
            report(setting, file: setting.file, "it names no file")
        } else if openFiles.contains(path) {
            report(setting, file: setting.file, "\(path) includes itself")
        } else if openFiles.count > Self.nestingLimit {
            hasGivenUp = true
            report(setting, file: setting.file, "files are nested deeper than \(Self.nestingLimit)")
        } else if filesRead > Self.fileLimit {
            hasGivenUp = true
            report(setting, file: setting.file, "more than \(Self.fileLimit) files are included")
        } else {
            read(path, includedBy: setting)
        }
    }

    private mutating func report(_ setting: ConfigurationFile.Setting?, file: String, _ message: String) {
        problems.append(
            ConfigurationProblem(
                .error, file: setting?.file ?? file, line: setting?.line, parameter: setting?.name, message))
    }

    /// Why a file could not be read.
    struct ReadFailure: Error {
        let reason: String
    }

    /// The bytes of a file, and one more than the limit of a file that is too large.
    static func contents(of path: String, limit: Int) throws(ReadFailure) -> [UInt8] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ReadFailure(reason: "no such file")
        }
        if isDirectory.boolValue { throw ReadFailure(reason: "it is a directory") }
        guard FileManager.default.isReadableFile(atPath: path) else { throw ReadFailure(reason: "permission denied") }
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            return Array(try handle.read(upToCount: limit + 1) ?? Data())
        } catch {
            throw ReadFailure(reason: error.localizedDescription)
        }
    }
}

/// The directory of a file given by an absolute path.
func parentDirectory(ofFile path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
}

/// A path, completed by a directory where it is relative, without `.` and `..`.
func absolutePath(_ path: String, relativeTo directory: String) -> String {
    let full = path.hasPrefix("/") ? path : directory + "/" + path
    return URL(fileURLWithPath: full).standardizedFileURL.path
}
