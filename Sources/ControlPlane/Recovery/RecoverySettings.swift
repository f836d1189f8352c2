/// The parameters of online recovery.
package struct RecoverySettings: Sendable, Equatable {
    /// `recovery_user`; empty leaves the choice to libpq.
    package var user = ""
    /// From `recovery_password` or `pool_passwd`; nil where there is none.
    package var password: String?
    /// `recovery_database`
    package var database = "postgres"
    /// `recovery_1st_stage_command`: the name of a script in the primary's data directory.
    package var firstStageCommand = ""
    /// `recovery_timeout`; zero does not wait at all.
    package var timeout = Duration.seconds(90)

    package init() {}

    func target(host: String, port: UInt16, database: String) -> PQTarget {
        PQTarget(host: host, port: port, user: user, password: password, database: database)
    }
}
