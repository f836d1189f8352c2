import ArgumentParser

/// `a,b,c` on the command line.
struct CommaSeparated<Element: RawRepresentable & Sendable>: ExpressibleByArgument, Sendable
where Element.RawValue: LosslessStringConvertible {
    let values: [Element]

    init(_ values: [Element]) {
        self.values = values
    }

    init?(argument: String) {
        var values: [Element] = []
        for word in argument.split(separator: ",") {
            guard let raw = Element.RawValue(String(word)), let value = Element(rawValue: raw) else { return nil }
            values.append(value)
        }
        guard !values.isEmpty else { return nil }
        self.values = values
    }

    var defaultValueDescription: String { values.map { "\($0.rawValue)" }.joined(separator: ",") }
}
