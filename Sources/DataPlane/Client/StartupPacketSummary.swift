import ProxyCore
import Wire

/// What Egret takes from a client's startup packet.
struct StartupPacketSummary {
    /// Empty for physical replication, which has none: no ordinary session has an empty name here.
    var database = ""
    var user = ""
    /// In the order in which they take effect. For replication they go to the server as they came, `options` included.
    var parameters: [ParameterSets.Entry] = []
    var replication = ReplicationMode.none

    init() {}

    /// As PostgreSQL reads it: of equal names the last one counts, and what `options` sets comes before the rest,
    /// wherever in the packet it stands.
    init(_ packet: StartupPacket) throws(ErrorResponse) {
        var options: String?
        for parameter in packet.parameters {
            switch parameter.name {
            case "user": user = parameter.value
            case "database": database = parameter.value
            case "options": options = parameter.value
            case "replication":
                guard let mode = ReplicationMode(parameter.value) else {
                    throw ErrorResponse(
                        .fatal, .invalidParameterValue,
                        "invalid value for parameter \"replication\": \"\(parameter.value)\"",
                        hint: "Valid values are: \"false\", 0, \"true\", 1, \"database\".")
                }
                replication = mode
            case let name where name.hasPrefix(Self.protocolPrefix): continue
            default: parameters.append(.init(name: parameter.name, value: parameter.value))
            }
        }
        guard !user.isEmpty else {
            throw ErrorResponse(
                .fatal, .invalidAuthorization, "no PostgreSQL user name specified in startup packet")
        }
        if database.isEmpty { database = user }
        // PostgreSQL cuts longer names off, which would make two identities one (CVE-2012-4575).
        guard user.utf8.count < Self.nameLengthMax, database.utf8.count < Self.nameLengthMax else {
            throw ErrorResponse(.fatal, .invalidAuthorization, "user or database name is too long")
        }
        if replication == .physical { database = "" }
        if let options { parameters.insert(contentsOf: try settings(of: options), at: 0) }
    }

    private func settings(of options: String) throws(ErrorResponse) -> [ParameterSets.Entry] {
        // The server of a replication connection is the client's own, and reads them itself.
        if isReplication { return [.init(name: "options", value: options)] }
        do { return try StartupOptions.parse(options) } catch {
            throw ErrorResponse(
                .fatal, .featureNotSupported, "unsupported command-line options in startup packet")
        }
    }

    var isReplication: Bool {
        switch replication {
        case .none: false
        case .physical, .logical: true
        }
    }

    /// Such parameters are about the protocol; what Egret does not know of them is negotiated away.
    static var protocolPrefix: String { "_pq_." }

    /// NAMEDATALEN of PostgreSQL.
    private static var nameLengthMax: Int { 64 }
}
