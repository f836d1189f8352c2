/// Nodes that hang. The health check finds them in its own time, with its retries; until then no read need wait there.
extension FailoverMachine {
    /// Workers wait for the node and hear nothing of it. A long query looks the same, so the node is asked for any
    /// answer.
    package mutating func nodeSilent(_ id: NodeID) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].status.isUsable, !nodes[index].isBeingHeard else { return [] }
        nodes[index].isBeingHeard = true
        return [.hear(id)]
    }

    /// The answer to `.hear`. A silent node is asked again until it answers or is down; only reads stay away from it.
    package mutating func heard(_ id: NodeID, answers: Bool) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].isBeingHeard else { return [] }
        var directives: [FailoverDirective] = []
        let isSilent = !answers && nodes[index].status.isUsable
        if isSilent, !nodes[index].isSilent {
            directives.append(.log(.warning, "node \(id) does not answer: reads go elsewhere"))
        } else if answers, nodes[index].isSilent {
            directives.append(.log(.log, "node \(id) answers again"))
        }
        nodes[index].isSilent = isSilent
        nodes[index].isBeingHeard = isSilent
        if isSilent { directives.append(.hear(id)) }
        publishIfChanged(&directives)
        return directives
    }
}
