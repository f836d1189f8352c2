extension ParameterType {
    /// Reads an integer: decimal, hexadecimal after `0x`, octal after `0`, or a fraction where there is a unit to
    /// round it in; then blanks and a unit of the family.
    static func integer(
        _ text: String, unit: ParameterUnit, range: ClosedRange<Int>
    ) throws(ParameterValueError) -> Int {
        let trimmed = text.trimmingBlanks()
        let (number, unitName) = split(trimmed)
        guard !number.isEmpty else { throw ParameterValueError(message: "\"\(text.shortened)\" is not an integer") }
        let factor = try size(of: unitName, for: unit, text: text)
        switch whole(number) {
        case .number(let value):
            return try scaled(value, from: factor, to: unit, text: text, range: range)
        case .tooLarge:
            throw outside(text, range: range, unit: unit)
        case .malformed:
            guard unit != .none, let value = fraction(number) else {
                throw ParameterValueError(message: "\"\(text.shortened)\" is not an integer")
            }
            return try scaled(value, from: factor, to: unit, text: text, range: range)
        }
    }

    private enum WholeNumber {
        case number(Int)
        case tooLarge
        case malformed
    }

    /// Splits at the first letter that is not part of the number; hexadecimal digits and an exponent are.
    private static func split(_ text: String) -> (number: String, unit: String) {
        let bytes = Array(text.utf8)
        var end = 0
        if end < bytes.count, bytes[end] == 0x2B || bytes[end] == 0x2D { end += 1 }
        if end + 1 < bytes.count, bytes[end] == 0x30, bytes[end + 1] | 0x20 == 0x78 {
            end += 2
            while end < bytes.count, isHexDigit(bytes[end]) { end += 1 }
        } else {
            while end < bytes.count, isDigit(bytes[end]) || bytes[end] == 0x2E { end += 1 }
            if let exponent = exponentEnd(bytes, from: end) { end = exponent }
        }
        let number = String(decoding: bytes[..<end], as: UTF8.self)
        return (number, String(decoding: bytes[end...], as: UTF8.self).trimmingBlanks())
    }

    /// The end of `e3` or `e-3` at this place.
    private static func exponentEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start > 0, start + 1 < bytes.count, bytes[start] | 0x20 == 0x65 else { return nil }
        var end = start + 1
        if bytes[end] == 0x2B || bytes[end] == 0x2D { end += 1 }
        guard end < bytes.count, isDigit(bytes[end]) else { return nil }
        while end < bytes.count, isDigit(bytes[end]) { end += 1 }
        return end
    }

    private static func whole(_ text: String) -> WholeNumber {
        var digits = Substring(text)
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        let radix: Int
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            radix = 16
            digits = digits.dropFirst(2)
        } else {
            radix = digits.count > 1 && digits.hasPrefix("0") ? 8 : 10
        }
        let isValid: (UInt8) -> Bool =
            switch radix {
            case 16: isHexDigit
            case 8: { (0x30...0x37).contains($0) }
            default: isDigit
            }
        guard !digits.isEmpty, digits.utf8.allSatisfy(isValid) else { return .malformed }
        guard let value = Int((isNegative ? "-" : "") + digits, radix: radix) else { return .tooLarge }
        return .number(value)
    }

    private static func fraction(_ text: String) -> Double? {
        guard text.utf8.contains(where: { $0 == 0x2E || $0 | 0x20 == 0x65 }), !text.utf8.contains(0x78) else {
            return nil
        }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The size of a written unit in the family's smallest one; no unit means the base unit.
    private static func size(
        of name: String, for unit: ParameterUnit, text: String
    ) throws(ParameterValueError) -> Int {
        if name.isEmpty { return unit.size }
        if unit == .none {
            throw ParameterValueError(message: "\"\(text.shortened)\" is not an integer without a unit")
        }
        if let found = unit.family.first(where: { $0.name == name }) { return found.size }
        let names = unit.family.map(\.name).joined(separator: ", ")
        throw ParameterValueError(message: "\"\(text.shortened)\" has an unknown unit; units are \(names)")
    }

    private static func scaled(
        _ value: Int, from factor: Int, to unit: ParameterUnit, text: String, range: ClosedRange<Int>
    ) throws(ParameterValueError) -> Int {
        let base = unit.size
        if factor < base { return try scaled(Double(value), from: factor, to: unit, text: text, range: range) }
        let (product, overflow) = value.multipliedReportingOverflow(by: factor / base)
        if overflow { throw outside(text, range: range, unit: unit) }
        return product
    }

    /// Rounds to the base unit. What is more than nothing must not become zero, which switches most parameters off.
    private static func scaled(
        _ value: Double, from factor: Int, to unit: ParameterUnit, text: String, range: ClosedRange<Int>
    ) throws(ParameterValueError) -> Int {
        let exact = value * Double(factor) / Double(unit.size)
        let rounded = exact.rounded(.toNearestOrEven)
        guard let result = Int(exactly: rounded) else { throw outside(text, range: range, unit: unit) }
        if result == 0, exact != 0 {
            throw ParameterValueError(message: "\(text.shortened) is less than this parameter's unit, 1\(unit.symbol)")
        }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
