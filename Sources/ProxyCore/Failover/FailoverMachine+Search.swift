/// The search for a primary.
extension FailoverMachine {
    mutating func beginSearch(now: Duration, _ directives: inout [FailoverDirective]) {
        guard settings.primarySource == .recoveryState, mainNode != nil else { return }
        search = Search(began: now)
        directives.append(.log(.log, "find_primary_node_repeatedly: waiting for finding a primary node"))
        directives.append(.searchPrimary(every: settings.searchInterval))
    }

    mutating func endSearch(_ directives: inout [FailoverDirective]) {
        announceLoss(&directives)
        guard search != nil else { return }
        search = nil
        directives.append(.endSearch)
    }

    /// `search_primary_node_timeout` ends a failover, but not the search.
    mutating func slowSearchDown(now: Duration, _ directives: inout [FailoverDirective]) {
        guard let search, !search.isSlow, let limit = settings.searchTimeout, now - search.began >= limit else {
            return
        }
        directives.append(
            .log(.warning, "no primary node found in search_primary_node_timeout; looking on more slowly"))
        self.search?.isSlow = true
        announceLoss(&directives)
        directives.append(.searchPrimary(every: settings.slowSearchInterval))
    }
}
