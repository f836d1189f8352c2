/// What a read may miss: `read_consistency`.
public enum ReadConsistency: String, Sendable {
    /// Whatever its node has not replayed yet: pgpool's behaviour.
    case off
    /// Nothing that its own session has written before.
    case session
    /// Nothing that any session of this Egret has written before it began.
    case global
}
