internal import CLibpq

/// The rows of one query, as text.
package struct PQResult: Sendable, Equatable {
    /// nil is SQL's NULL.
    package var rows: [[String?]]

    package init(rows: [[String?]]) { self.rows = rows }

    /// The value at a place that the query is known to have; nil for NULL and for a missing row.
    package subscript(row: Int, column: Int) -> String? {
        guard rows.indices.contains(row), rows[row].indices.contains(column) else { return nil }
        return rows[row][column]
    }

    init(copying result: OpaquePointer) {
        let columns = PQnfields(result)
        rows = (0..<PQntuples(result)).map { row in
            (0..<columns).map { column in
                guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
                    return nil
                }
                return String(cString: value)
            }
        }
    }
}
