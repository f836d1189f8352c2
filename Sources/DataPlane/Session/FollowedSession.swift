import ProxyCore

/// What a client has changed of its session. Made with the first statement that may change anything.
final class FollowedSession {
    /// The parameters of its startup packet, which RESET brings back; a reference of its own in `ParameterSets`.
    let start: ParameterSets.ID
    /// The custom parameters that it may have set.
    private(set) var customNames: Set<String>
    /// It may have set a parameter whose name is not in the text.
    private(set) var hasHiddenNames = false
    /// What each statement that it has prepared sets, by the statement's name; nil where that has been different texts.
    private var prepared: [[UInt8]: SetParameters?] = [:]
    /// A parameter was reset since the server was asked last, and before it was.
    private(set) var hasReset = false
    private(set) var isAskedAfterReset = false
    /// A parameter was reset outside of a block, and its start value is on its way back.
    var bringsBack = false
    /// What the client believes of parameters that were reset, until their start values are back.
    var told: [String: String] = [:]
    /// It has just asked for what it has drawn from a sequence for the first time.
    var hasJustAskedSequences = false
    /// Of the text that is passing, while it is longer than can be read at once.
    var search = LongTextSearch()
    /// It alters roles or databases.
    var changesLogins = false
    /// What the texts that it has prepared with SQL may do.
    var preparedEffects: SessionEffects = []
    /// It has created or altered something that the facts about the catalog tell of.
    var changesCatalog = false
    /// Portals that may set a parameter, and are not executed yet.
    private var unexecuted = 0
    /// What is to be asked once the transaction is over, and the parameters to ask for by name.
    private var scope: SessionInspection.Scope = []
    private var namesSet: Set<String> = []
    /// The answer that is being read.
    var inspection: SessionInspection?
    /// Wall clock seconds: since when it keeps its server, for display.
    private(set) var pinnedAt: Int64 = 0
    /// How often it has begun to keep a server.
    private(set) var pinCount: UInt64 = 0

    init(start: ParameterSets.ID, entries: [ParameterSets.Entry]) {
        self.start = start
        customNames = Set(entries.lazy.map(\.name).filter { $0.contains(".") })
    }

    /// - Parameter isAlone: nothing but an error can take the statement back.
    func note(_ effects: SessionEffects, _ text: SetParameters?, isAlone: Bool) {
        if let text { note(text) }
        let parameterEffects: SessionEffects = [.parameter, .reset, .resetAll, .procedure, .unknown, .role]
        let isPlain = effects.intersection(parameterEffects) == .parameter && isAlone
        if isPlain, let text, !text.hasOthers, !text.namesRole {
            scope.insert(.named)
            namesSet.formUnion(text.names)
        } else if !effects.isDisjoint(with: parameterEffects) {
            // A role may be among them, which is no parameter that `pg_settings` shows.
            scope.formUnion([.parameters, .pins])
        }
        if !effects.isDisjoint(with: [.reset, .resetAll]) { hasReset = true }
        if effects.subtracting([.parameter, .reset, .resetAll, .catalog]).concernsSession { scope.insert(.pins) }
    }

    /// What the text of a statement that is prepared shows; the effects come with each Bind.
    /// - Parameter name: the statement's; a Parse that fails may have left another one under it.
    func note(prepared text: SetParameters, as name: UnsafeRawBufferPointer) {
        let name = Array(name)
        // Then none is sure, and the server is asked for all of them.
        if prepared.count > SetParameters.namesMax { prepared = [:] }
        if name.isEmpty || prepared[name] == nil {
            prepared[name] = .some(text)
        } else if prepared[name] != .some(.some(text)) {
            prepared[name] = .some(nil)
        }
        note(text)
    }

    /// What a statement sets that is bound now; nil where that is not sure.
    func names(preparedAs name: UnsafeRawBufferPointer) -> SetParameters? { prepared[Array(name)] ?? nil }

    private func note(_ text: SetParameters) {
        customNames.formUnion(text.names.lazy.filter { $0.contains(".") })
        if text.hasHiddenNames || customNames.count > SetParameters.namesMax { hasHiddenNames = true }
    }

    /// A portal that may set a parameter is bound.
    func noteBound() { unexecuted += 1 }

    func noteExecuted() { unexecuted = max(0, unexecuted - 1) }

    /// It keeps its server from now on.
    func notePin(at moment: Int64) {
        pinnedAt = moment
        pinCount += 1
    }

    /// A statement has failed: what was set may have been taken back.
    func noteError() {
        if scope.contains(.named) { scope.formUnion([.parameters, .pins]) }
    }

    /// The question that is due, and the parameters to ask for by name.
    func beginInspection() -> (SessionInspection, names: [String]) {
        // What was bound and not run has set nothing.
        if unexecuted > 0, scope.contains(.named) { scope.formUnion([.parameters, .pins]) }
        unexecuted = 0
        let inspection = SessionInspection(scope)
        let names = scope.contains(.parameters) ? customNames : namesSet
        (scope, namesSet, hasJustAskedSequences) = ([], [], false)
        (isAskedAfterReset, hasReset) = (hasReset, false)
        self.inspection = inspection
        return (inspection, names.sorted())
    }
}
