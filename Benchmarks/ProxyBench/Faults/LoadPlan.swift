/// What clients ask, and how often.
struct LoadPlan: Sendable {
    enum Pace: Sendable {
        /// Every client asks again so long after its answer. A node that hangs has all of them waiting soon.
        case afterAnswer(Duration)
        /// A client that has nothing to wait for asks, one each time: what hangs does not keep others from asking.
        case arrivals(every: Duration)
    }

    var clients: Int
    var pace: Pace
    /// The node whose reads are counted all the while; nil counts nothing.
    var watchedNode: Int?
    /// The statement with this number, which no other statement of the load has.
    var statement: @Sendable (Int) -> String
}
