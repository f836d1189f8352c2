import ControlPlane
import Testing

@Suite struct AdminCommandTests {
    @Test(arguments: [
        ("show pool_nodes", AdminCommand.report(.nodes)),
        ("  SHOW  POOL_Nodes ;", .report(.nodes)),
        ("show pool_version; select 1", .report(.version)),
        ("/* a /* b */ c */ show -- x\n pool_pools", .report(.pools)),
        ("SHOW \"pool_cache\"", .report(.cache)),
        ("PGPOOL SHOW port", .show("port")),
        ("pgpool show \"delegate_IP\";", .show("delegate_IP")),
        ("PGPOOL SHOW ALL", .showAll),
        ("PGPOOL SET log_statement TO on", .set(name: "log_statement", value: "on")),
        ("pgpool set client_idle_limit = 300;", .set(name: "client_idle_limit", value: "300")),
        ("pgpool set client_idle_limit_in_recovery=-1", .set(name: "client_idle_limit_in_recovery", value: "-1")),
        ("PGPOOL SET log_min_messages TO 'Debug1'", .set(name: "log_min_messages", value: "Debug1")),
        ("PGPOOL RESET log_statement", .reset("log_statement")),
        ("PGPOOL RESET ALL", .resetAll),
    ])
    func understood(_ text: String, _ command: AdminCommand) throws {
        #expect(try AdminCommand(text) == command)
    }

    @Test(arguments: [
        "", ";", "show", "show pool_node", "show pool_nodes where", "pgpool", "pgpool show", "pgpool show 'port'",
        "pgpool set a", "pgpool set a b c d", "pgpool drop all", "/* open", "select 1", "show pool_nodes'",
    ])
    func refused(_ text: String) {
        #expect(throws: AdminSyntaxError.self) { try AdminCommand(text) }
    }
}
