import Foundation
import Synchronization

/// A value that threads change, and wait for.
final class Watched<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    private let condition = NSCondition()

    init(_ value: Value) { self.value = Mutex(value) }

    var current: Value { value.withLock { $0 } }

    @discardableResult
    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        condition.withLock {
            defer { condition.broadcast() }
            return value.withLock { body(&$0) }
        }
    }

    /// Waits for at most five seconds.
    /// - Returns: whether it is so.
    @discardableResult
    func wait(until isSo: (Value) -> Bool) -> Bool {
        let limit = Date(timeIntervalSinceNow: 5)
        return condition.withLock {
            while !isSo(current) {
                if !condition.wait(until: limit) { return isSo(current) }
            }
            return true
        }
    }
}
