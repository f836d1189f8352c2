package import ProxyCore

/// Answers the `SHOW pool_*` and `PGPOOL` commands.
package actor AdminResponder {
    /// With more sessions than this holding values of their own, those that have ended are looked for.
    private static let sessionsMax = 1_000

    private let coordinator: FailoverCoordinator
    private let dataPlane: any DataPlaneObserving
    private let catalogs: CatalogKeeper
    private let processStart = WallClock.now().seconds
    private var parameters: any ParameterReading
    private var settings: ShowSettings
    private var ownValues = SessionParameters()

    package init(
        coordinator: FailoverCoordinator, dataPlane: any DataPlaneObserving, catalogs: CatalogKeeper,
        parameters: any ParameterReading, settings: ShowSettings
    ) {
        self.catalogs = catalogs
        self.coordinator = coordinator
        self.dataPlane = dataPlane
        self.parameters = parameters
        self.settings = settings
    }

    /// After a reload.
    package func apply(_ parameters: any ParameterReading, _ settings: ShowSettings) {
        self.parameters = parameters
        self.settings = settings
    }

    package func answer(_ request: AdminRequest) async -> AdminReply {
        let command: AdminCommand
        do {
            command = try AdminCommand(request.text)
        } catch {
            return .failed(sqlState: "42601", message: "syntax error at or near \"\(error.near)\"")
        }
        let key = SessionParameters.Key(worker: request.worker, session: request.session)
        switch command {
        case .report(let report): return await self.report(report, loadBalanceNode: request.loadBalanceNode)
        case .route(let text):
            return ShowRoute.reply(await route(text, request.place, loadBalanceNode: request.loadBalanceNode))
        case .show(let name): return show(name, key)
        case .showAll:
            return .rows(columns: ShowStatus.columns, rows: parameters.allItems().map(\.row))
        case .set(let name, let value): return await set(name, value, key)
        case .reset(let name):
            if let refusal = refusal(of: name) { return refusal }
            ownValues.reset(name, for: key)
            return .set(tag: "RESET", ownValues.logging(for: key))
        case .resetAll:
            ownValues.resetAll(for: key)
            return .set(tag: "RESET", OwnStatementLogging())
        }
    }

    /// What the rest of a report depends on, since the last reload.
    package var showSettings: ShowSettings { settings }

    /// The rows of a `SHOW` command, for a client or for PCP.
    /// - Parameter loadBalanceNode: the node that the asking session reads from; nil when no session asks.
    package func report(_ report: AdminCommand.Report, loadBalanceNode: NodeID? = nil) async -> AdminReply {
        switch report {
        case .nodes:
            async let glances = coordinator.glances()
            let overview = await coordinator.overview()
            return ShowNodes.reply(
                overview, glances: await glances, counters: dataPlane.nodeCounters(),
                loadBalanceNode: loadBalanceNode, settings)
        case .version: return ShowVersion.reply()
        case .status: return ShowStatus.reply(parameters.statusItems(), await coordinator.overview())
        case .processes:
            return ShowProcesses.reply(await dataPlane.sessions(), processStart: processStart, settings)
        case .pools:
            let nodes = await coordinator.overview().nodes.map(\.view.id)
            return ShowPools.reply(await dataPlane.sessions(), nodes: nodes, processStart: processStart, settings)
        case .cache: return ShowCache.reply()
        case .healthCheckStatistics: return ShowHealthCheckStatistics.reply(await coordinator.overview(), settings)
        case .backendStatistics:
            return ShowBackendStatistics.reply(
                await coordinator.overview(), counters: dataPlane.nodeCounters(), settings)
        case .hooks: return ShowHooks.reply(await coordinator.overview())
        case .pins: return ShowPins.reply(await dataPlane.sessions())
        }
    }

    /// Where a statement would go.
    /// - Parameter loadBalanceNode: the node that the asking session reads from; nil when no session asks.
    package func route(_ text: String, _ place: SessionPlace, loadBalanceNode: NodeID? = nil) async -> RouteExplanation
    {
        let facts = await catalogs.currentFacts(of: place.database)
        let (verdict, words) = StatementClassifier.explain(
            text, standardConformingStrings: place.hasStandardStrings, facts: facts)
        return RouteExplanation(
            verdict, words: words, place, nodes: await coordinator.overview(), loadBalanceNode: loadBalanceNode,
            settings)
    }

    private func show(_ name: String, _ key: SessionParameters.Key) -> AdminReply {
        if let value = ownValues[key, name] ?? parameters.displayValue(item: name) {
            return .rows(columns: [name], rows: [[value]])
        }
        // A group, or an array without a number: all its members.
        let members = parameters.allItems().filter { ShowStatus.isMember($0.item, of: name) }
        guard !members.isEmpty else { return Self.unknown(name) }
        return .rows(columns: ShowStatus.columns, rows: members.map(\.row))
    }

    private func set(_ name: String, _ value: String, _ key: SessionParameters.Key) async -> AdminReply {
        if let refusal = refusal(of: name) { return refusal }
        guard let shown = SessionParameters.display(name, value) else {
            return .failed(sqlState: "22023", message: "invalid value for parameter \"\(name)\": \"\(value)\"")
        }
        ownValues.set(name, to: shown, for: key)
        if ownValues.sessionCount > Self.sessionsMax {
            let alive = await dataPlane.sessions().map {
                SessionParameters.Key(worker: $0.worker, session: $0.session)
            }
            ownValues.keep(Set(alive + [key]))
        }
        return .set(tag: "SET", ownValues.logging(for: key))
    }

    private func refusal(of name: String) -> AdminReply? {
        if SessionParameters.isOfSession(name) { return nil }
        guard parameters.displayValue(item: name) != nil else { return Self.unknown(name) }
        return .failed(
            sqlState: "55P02", message: "invalid Context, value for parameter \"\(name)\" cannot be changed")
    }

    private static func unknown(_ name: String) -> AdminReply {
        .failed(sqlState: "42704", message: "config variable \"\(name)\" not found")
    }
}
