/// The fields of messages that name a statement or carry SQL, as views of the message's own bytes.

/// Parse: the statement's name, the text, the parameter types.
struct ParseFields {
    var name: UnsafeRawBufferPointer
    var text: UnsafeRawBufferPointer
    /// The text, its NUL, and the parameter types: all that tells one statement from another.
    var definition: UnsafeRawBufferPointer

    init?(_ body: UnsafeRawBufferPointer) {
        guard let nameEnd = body.firstNUL(from: 0), let textEnd = body.firstNUL(from: nameEnd + 1),
            body.count >= textEnd + 3
        else { return nil }
        name = UnsafeRawBufferPointer(rebasing: body[0..<nameEnd])
        text = UnsafeRawBufferPointer(rebasing: body[nameEnd + 1..<textEnd])
        definition = UnsafeRawBufferPointer(rebasing: body[(nameEnd + 1)...])
    }
}

/// Bind: the portal's name, the statement's name, and the rest that is forwarded as it is.
struct BindFields {
    var portal: UnsafeRawBufferPointer
    var statement: UnsafeRawBufferPointer
    /// Where the rest begins, in bytes from the start of the body.
    var restOffset: Int

    init?(_ body: UnsafeRawBufferPointer) {
        guard let portalEnd = body.firstNUL(from: 0), let statementEnd = body.firstNUL(from: portalEnd + 1) else {
            return nil
        }
        portal = UnsafeRawBufferPointer(rebasing: body[0..<portalEnd])
        statement = UnsafeRawBufferPointer(rebasing: body[portalEnd + 1..<statementEnd])
        restOffset = statementEnd + 1
    }
}

/// Describe and Close: a statement or a portal, and its name.
struct TargetFields {
    var isStatement: Bool
    var name: UnsafeRawBufferPointer

    init?(_ body: UnsafeRawBufferPointer) {
        guard body.count >= 2, let end = body.firstNUL(from: 1), end == body.count - 1 else { return nil }
        switch body[0] {
        case UInt8(ascii: "S"): isStatement = true
        case UInt8(ascii: "P"): isStatement = false
        default: return nil
        }
        name = UnsafeRawBufferPointer(rebasing: body[1..<end])
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    fileprivate func firstNUL(from start: Int) -> Int? {
        var position = start
        while position < count {
            if self[position] == 0 { return position }
            position += 1
        }
        return nil
    }
}
