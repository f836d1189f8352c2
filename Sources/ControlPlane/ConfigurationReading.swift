/// How the rest of the control plane reads parameters. Names are those of the parameter table; an unknown one is a
/// programming error of the caller. Integers are in the parameter's base unit.
package protocol ConfigurationReading: ParameterReading {
    /// The numbers N of the `backend_hostnameN` that are set, ascending.
    var nodeNumbers: [Int] { get }
    func bool(_ name: String) -> Bool
    func int(_ name: String, node: Int?) -> Int
    func real(_ name: String, node: Int?) -> Double
    func string(_ name: String, node: Int?) -> String
    func word(_ name: String) -> String
    func list(_ name: String, node: Int?) -> [String]
}

/// How parameters are shown to a client.
package protocol ParameterReading: Sendable {
    /// The value as `PGPOOL SHOW` prints it; nil when there is no such parameter. A node's number may end the name.
    func displayValue(item name: String) -> String?
    /// Every parameter for `PGPOOL SHOW ALL`.
    func allItems() -> [ParameterItem]
    /// Every parameter for `SHOW pool_status`: booleans as 0 and 1, enumerations as numbers.
    func statusItems() -> [ParameterItem]
}

/// A row of `SHOW pool_status` or `PGPOOL SHOW ALL`.
package struct ParameterItem: Sendable, Equatable {
    package var item: String
    package var value: String
    package var description: String

    package init(item: String, value: String, description: String) {
        self.item = item
        self.value = value
        self.description = description
    }

    var row: [String] { [item, value, description] }
}
