/// A name as PostgreSQL sees it: its bytes. Two strings that Unicode calls equal, since they show the same characters,
/// are two roles, or two databases, all the same.
package struct ExactName: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactName, right: ExactName) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        // No name has a byte 0xFF: where one name ends and the next begins is part of the hash.
        hasher.combine(UInt8.max)
    }
}
