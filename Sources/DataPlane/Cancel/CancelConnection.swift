/// A connection that carries one cancel request to a server.
struct CancelConnection {
    var descriptor: Int32 = -1
    var generation: UInt32 = 0
    var isSent = false
    var server = ClientReference(index: -1, generation: 0)
    var message: [UInt8] = []
    /// Who waits for its end; nil when Egret cancels by itself.
    var bearer: CancelBearer?
    /// Monotonic nanoseconds.
    var deadline: UInt64 = 0
}

/// A connection that brought a cancel request, on whichever worker.
struct CancelBearer: Sendable {
    var worker: Int
    var client: ClientReference
}

/// A cancel request on its way to the worker of the client that it names.
struct CancelOrder: Sendable {
    var processID: Int32
    var key: [UInt8]
    var bearer: CancelBearer
}
