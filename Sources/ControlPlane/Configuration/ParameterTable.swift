/// Every parameter: pgpool-II's, up to 4.8, and Egret's own.
package enum ParameterTable {
    /// In the order of the reference page.
    package static let all: [Parameter] =
        egret + connections + backends + authentication + tls + sizing + logging + files + loadBalancing
        + streamingReplication + healthCheck + failover + recovery + watchdog + heartbeat + caches
        + nativeReplication

    /// A name as it stands in a file, resolved.
    enum Resolution {
        case parameter(Parameter, index: Int?, oldName: Bool)
        /// A number that no node can have.
        case badIndex(Parameter)
        case retired(RetiredParameter)
        /// One of the switches that `backend_clustering_mode` took the place of.
        case clusteringSwitch
        case unknown
    }

    package static func parameter(named name: String) -> Parameter? { byName[name] }

    static func resolve(_ name: String) -> Resolution {
        if let parameter = byName[name], parameter.indexing != .indexed {
            return .parameter(parameter, index: nil, oldName: false)
        }
        if let parameter = byOldName[name], parameter.indexing != .indexed {
            return .parameter(parameter, index: nil, oldName: true)
        }
        if clusteringSwitches.contains(name) { return .clusteringSwitch }
        if let retired = retiredByName[name] { return .retired(retired) }
        guard let (stem, digits) = splitIndex(name) else { return .unknown }
        if let retired = retiredByName[stem], retired.isIndexed { return .retired(retired) }
        guard let parameter = byName[stem] ?? byOldName[stem], parameter.isPerNode else { return .unknown }
        guard let index = Int(digits), index <= Parameter.highestIndex else { return .badIndex(parameter) }
        return .parameter(parameter, index: index, oldName: byName[stem] == nil)
    }

    /// The values of a parameter with such a name must not be repeated in a message.
    static func isSecret(_ name: String) -> Bool {
        switch resolve(name) {
        case .parameter(let parameter, _, _), .badIndex(let parameter): parameter.isSecret
        case .clusteringSwitch: false
        case .retired, .unknown: name.lowercased().contains("pass") || name.lowercased().contains("key")
        }
    }

    /// A known name that two edits or fewer turn the unknown one into; the number at its end is kept.
    static func suggestion(for name: String) -> String? {
        if let indexed = byName[name], indexed.indexing == .indexed { return name + "0" }
        if let lower = byName[name.lowercased()], lower.indexing != .indexed { return lower.name }
        if let (stem, digits) = splitIndex(name),
            let found = closest(to: stem.lowercased()), byName[found]?.isPerNode == true
        {
            return found + digits
        }
        return closest(to: name.lowercased())
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let byOldName = Dictionary(
        uniqueKeysWithValues: all.flatMap { parameter in parameter.oldNames.map { ($0, parameter) } })

    private static let retiredByName = Dictionary(uniqueKeysWithValues: retired.map { ($0.name, $0) })

    private static func splitIndex(_ name: String) -> (stem: String, digits: String)? {
        let stem = String(name.reversed().drop { $0.isASCII && $0.isNumber }.reversed())
        guard stem.count < name.count, !stem.isEmpty else { return nil }
        return (stem, String(name.dropFirst(stem.count)))
    }

    /// The most edits that still count as a slip of the pen.
    private static let editLimit = 2

    private static func closest(to name: String) -> String? {
        var best: (name: String, distance: Int)?
        let wanted = Array(name.utf8)
        for parameter in all where abs(parameter.name.utf8.count - wanted.count) <= editLimit {
            let distance = editDistance(wanted, Array(parameter.name.utf8))
            if distance <= editLimit, distance < best?.distance ?? .max { best = (parameter.name, distance) }
        }
        return best?.name
    }

    /// The number of bytes to insert, delete or replace; some number above the limit if there are more.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            var lowest = row + 1
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                let distance = min(replaced, previous[column + 1] + 1, current[column] + 1)
                current.append(distance)
                lowest = min(lowest, distance)
            }
            if lowest > editLimit { return lowest }
            previous = current
        }
        return previous[right.count]
    }
}

/// A name that older releases knew, that has no counterpart.
struct RetiredParameter: Sendable {
    let name: String
    let isIndexed: Bool
    /// Continues "is no longer used: ".
    let reason: String
}
