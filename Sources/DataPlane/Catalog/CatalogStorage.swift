import ProxyCore

/// A worker's own copy of what is known of a catalog, at an address that stays: looked at for each statement without
/// counting references that all workers share.
final class CatalogStorage {
    private let bytes: UnsafeMutablePointer<UInt8>
    let view: CatalogView

    init(_ facts: CatalogFacts) {
        bytes = .allocate(capacity: facts.bytes.count)
        bytes.initialize(from: facts.bytes, count: facts.bytes.count)
        // Safety: the copy is as long as the original and lives as long as this object.
        view = CatalogView(facts, at: bytes)
    }

    deinit { bytes.deallocate() }
}
