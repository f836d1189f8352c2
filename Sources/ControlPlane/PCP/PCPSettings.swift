/// What PCP takes from the configuration. All of it is read at the start only.
package struct PCPSettings: Sendable, Equatable {
    /// `pcp_listen_addresses`; empty is no TCP.
    package var listenAddresses: [String] = []
    /// `pcp_port`
    package var port: UInt16 = 9_898
    /// `pcp_socket_dir`
    package var socketDirectories: [String] = []
    /// `pcp_node_info_fields`: 12, or 13 for the clients of pgpool-II 4.4 and later.
    package var nodeInfoFields = 12
    /// `pcp.conf`, as an absolute path; read at each login.
    package var passwordFile = ""

    /// Listens nowhere.
    package init() {}

    init(_ configuration: any ConfigurationReading) {
        listenAddresses = configuration.list("pcp_listen_addresses", node: nil)
        port = UInt16(configuration.int("pcp_port", node: nil))
        socketDirectories = configuration.list("pcp_socket_dir", node: nil)
        nodeInfoFields = configuration.int("pcp_node_info_fields", node: nil)
    }
}
