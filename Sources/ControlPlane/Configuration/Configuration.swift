import Foundation

/// Every parameter's value. Names are pgpool-II's current ones; asking for an unknown name, or with the wrong type, is
/// a programming error and traps.
package struct Configuration: Sendable {
    struct Key: Hashable, Sendable {
        let name: String
        let index: Int?
    }

    /// A value that a file sets, and where.
    struct Entry: Sendable {
        let value: ParameterValue
        let setting: ConfigurationFile.Setting
    }

    /// The file that was loaded, as an absolute path.
    package let file: String
    /// The directory that relative paths in the configuration start from.
    package let directory: String
    private(set) var entries: [Key: Entry] = [:]

    /// All defaults.
    package init(file: String) {
        self.file = absolutePath(file, relativeTo: FileManager.default.currentDirectoryPath)
        directory = parentDirectory(ofFile: self.file)
    }

    mutating func set(_ parameter: Parameter, index: Int?, to entry: Entry) {
        entries[Key(name: parameter.name, index: index)] = entry
    }

    mutating func removeValue(of name: String, index: Int?) {
        entries[Key(name: name, index: index)] = nil
    }

    // MARK: Typed values

    package func bool(_ name: String) -> Bool {
        guard case .bool(let value) = value(name, node: nil) else { wrongType(name, "a boolean") }
        return value
    }

    /// In the parameter's base unit. A node's own value comes before the common one.
    package func int(_ name: String, node: Int? = nil) -> Int {
        guard case .int(let value) = value(name, node: node) else { wrongType(name, "an integer") }
        return value
    }

    package func real(_ name: String, node: Int? = nil) -> Double {
        guard case .real(let value) = value(name, node: node) else { wrongType(name, "a number") }
        return value
    }

    package func string(_ name: String, node: Int? = nil) -> String {
        guard case .string(let value) = value(name, node: node) else { wrongType(name, "a string") }
        return value
    }

    /// The lower-case word of an enumeration.
    package func word(_ name: String) -> String {
        guard case .word(let value) = value(name, node: nil) else { wrongType(name, "an enumeration") }
        return value
    }

    /// The elements without the blanks around them.
    package func list(_ name: String, node: Int? = nil) -> [String] {
        guard case .list(let value) = value(name, node: node) else { wrongType(name, "a list") }
        return value
    }

    /// A file name, completed by the configuration's directory where it is relative; empty stays empty.
    package func path(_ name: String) -> String {
        let path = string(name)
        return path.isEmpty ? "" : absolutePath(path, relativeTo: directory)
    }

    /// A password parameter in the forms that pgpool-II knows; nil where it is empty, which means the user's entry in
    /// pool_passwd.
    package func password(_ name: String, node: Int? = nil) -> PoolPasswd.Secret? {
        let text = string(name, node: node)
        return text.isEmpty ? nil : PoolPasswd.Secret(parameter: text)
    }

    /// Whether a file sets it, for this node or for all nodes.
    package func isSet(_ name: String, node: Int? = nil) -> Bool {
        entry(parameter(name), node: node) != nil
    }

    /// The backend nodes: the numbers that have a port, in ascending order. A node without a host name is on the
    /// default unix socket; one without a port does not exist, in pgpool-II neither.
    package var nodes: [Int] {
        entries.keys.filter { $0.name == "backend_port" }.compactMap(\.index).sorted()
    }

    // MARK: Lookup

    func parameter(_ name: String) -> Parameter {
        guard let parameter = ParameterTable.parameter(named: name) else {
            preconditionFailure("there is no parameter \(name)")
        }
        return parameter
    }

    func value(_ name: String, node: Int?) -> ParameterValue {
        let parameter = parameter(name)
        return entry(parameter, node: node)?.value ?? parameter.defaultValue
    }

    func entry(_ parameter: Parameter, node: Int?) -> Entry? {
        switch parameter.indexing {
        case .single:
            precondition(node == nil, "\(parameter.name) has no value for a single node")
        case .indexed:
            precondition(node != nil, "\(parameter.name) has a value for single nodes only")
        case .indexedOrCommon:
            break
        }
        if let node, let own = entries[Key(name: parameter.name, index: node)] { return own }
        return parameter.indexing == .indexed ? nil : entries[Key(name: parameter.name, index: nil)]
    }

    private func wrongType(_ name: String, _ type: String) -> Never {
        preconditionFailure("\(name) is not \(type)")
    }
}
