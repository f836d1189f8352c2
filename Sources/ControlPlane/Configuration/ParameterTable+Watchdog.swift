extension ParameterTable {
    private static let sudo = "/usr/bin/sudo "
    private static let noQueryMode = Parameter.Support.ignored("Egret has no lifecheck by queries")

    static let watchdog = [
        Parameter(
            "use_watchdog", .bool, "off", .start, .later,
            values: ["on": .refused("the watchdog is not implemented yet, and nobody would take over from this Egret")],
            "Lets several proxies watch each other and share a virtual address."),
        Parameter(
            "trusted_servers", .commaList, "", .start, .later, onlyWith: "use_watchdog",
            "Hosts whose answer proves that this machine is not cut off."),
        Parameter(
            "trusted_server_command", .string, "ping -q -c3 %h", .reload, .later, onlyWith: "use_watchdog",
            "Command that checks such a host; %h is its name."),
        Parameter(
            "hostname", .string, "", .start, .later, indexing: .indexed, onlyWith: "use_watchdog",
            "Host name of watchdog member N."),
        Parameter(
            "wd_port", .clientPort, "9000", .start, .later, indexing: .indexed, onlyWith: "use_watchdog",
            "Watchdog port of member N."),
        Parameter(
            "pgpool_port", .clientPort, "9999", .start, .later, indexing: .indexed, onlyWith: "use_watchdog",
            "Client port of member N."),
        Parameter(
            "wd_listen_address", .string, "", .start, .later, onlyWith: "use_watchdog",
            "Address the watchdog listens on; empty means that of its own member."),
        Parameter(
            "wd_listen_port", .int(0...65535), "0", .start, .later, onlyWith: "use_watchdog",
            "Port the watchdog listens on; 0 means that of its own member."),
        Parameter(
            "wd_priority", .count, "1", .start, .later, onlyWith: "use_watchdog",
            "Members with a higher number are preferred as leader."),
        Parameter(
            "wd_authkey", .string, "", .reload, .later, secret: true, onlyWith: "use_watchdog",
            "Secret that members share."),
        Parameter(
            "wd_ipc_socket_dir", .string, "/tmp", .start, .ignored("Egret has no such socket"),
            onlyWith: "use_watchdog",
            "Directory of the watchdog's command socket."),
        Parameter(
            "delegate_ip", .string, "", .start, .later, onlyWith: "use_watchdog", old: ["delegate_IP"],
            "Virtual address that the leader holds."),
        Parameter(
            "if_cmd_path", .string, "/sbin", .start, .later, onlyWith: "use_watchdog", old: ["ifconfig_path"],
            "Directory of the programs in if_up_cmd and if_down_cmd."),
        Parameter(
            "if_up_cmd", .string, sudo + "/sbin/ip addr add $_IP_$/24 dev eth0 label eth0:0", .start, .later,
            onlyWith: "use_watchdog",
            "Command that brings the virtual address up."),
        Parameter(
            "if_down_cmd", .string, sudo + "/sbin/ip addr del $_IP_$/24 dev eth0", .start, .later,
            onlyWith: "use_watchdog",
            "Command that takes the virtual address down."),
        Parameter(
            "arping_path", .string, "/usr/sbin", .start, .later, onlyWith: "use_watchdog",
            "Directory of the program in arping_cmd."),
        Parameter(
            "arping_cmd", .string, sudo + "/usr/sbin/arping -U $_IP_$ -w 1 -I eth0", .start, .later,
            onlyWith: "use_watchdog",
            "Command that announces the virtual address."),
        Parameter(
            "ping_path", .string, "/bin", .start, .later, onlyWith: "use_watchdog",
            "Directory of the ping that checks the virtual address."),
        Parameter(
            "clear_memqcache_on_escalation", .bool, "on", .reload, .later, onlyWith: "use_watchdog",
            "Empties the query cache when this member becomes the leader."),
        Parameter(
            "wd_escalation_command", .string, "", .reload, .later, onlyWith: "use_watchdog",
            "Shell command that runs when this member becomes the leader."),
        Parameter(
            "wd_de_escalation_command", .string, "", .reload, .later, onlyWith: "use_watchdog",
            "Shell command that runs when this member stops being the leader."),
        Parameter(
            "failover_when_quorum_exists", .bool, "on", .start, .later, onlyWith: "use_watchdog",
            "Allows a failover only while enough members are alive."),
        Parameter(
            "failover_require_consensus", .bool, "on", .start, .later, onlyWith: "use_watchdog",
            "Requires that most members report the node down."),
        Parameter(
            "allow_multiple_failover_requests_from_node", .bool, "off", .start, .later, onlyWith: "use_watchdog",
            "Lets one member vote more than once."),
        Parameter(
            "enable_consensus_with_half_votes", .bool, "off", .start, .later, onlyWith: "use_watchdog",
            "Takes half of an even number of votes for a majority."),
        Parameter(
            "wd_remove_shutdown_nodes", .bool, "off", .reload, .later, onlyWith: "use_watchdog",
            "Members that were stopped in order no longer count for the quorum."),
        Parameter(
            "wd_lost_node_removal_timeout", .seconds, "0", .reload, .later, onlyWith: "use_watchdog",
            "Lost members no longer count after this long; 0 means they always do."),
        Parameter(
            "wd_no_show_node_removal_timeout", .seconds, "0", .reload, .later, onlyWith: "use_watchdog",
            "Members never seen no longer count after this long; 0 means they always do."),
        Parameter(
            "wd_monitoring_interfaces_list", .commaList, "", .start, .later, onlyWith: "use_watchdog",
            "Network interfaces whose link is watched; any means all of them."),
    ].grouped(as: .watchdog)

    static let heartbeat = [
        Parameter(
            "wd_lifecheck_method", .words("query", "heartbeat", "external"), "heartbeat", .start, .later,
            onlyWith: "use_watchdog",
            "How members judge whether another is alive."),
        Parameter(
            "wd_interval", .seconds, "10", .start, .later, onlyWith: "use_watchdog",
            "Time between two such judgements."),
        Parameter(
            "heartbeat_hostname", .string, "", .start, .later, indexing: .indexed, onlyWith: "use_watchdog",
            old: ["heartbeat_destination"],
            "Host name of heartbeat destination N."),
        Parameter(
            "heartbeat_port", .clientPort, "9694", .start, .later, indexing: .indexed, onlyWith: "use_watchdog",
            old: ["heartbeat_destination_port"],
            "Port of heartbeat destination N."),
        Parameter(
            "heartbeat_device", .string, "", .start, .later, indexing: .indexed, onlyWith: "use_watchdog",
            "Network interface for heartbeat destination N."),
        Parameter(
            "wd_heartbeat_listen_addresses", .commaList, "", .start, .later, onlyWith: "use_watchdog",
            "Addresses on which heartbeats are received."),
        Parameter(
            "wd_heartbeat_listen_port", .int(0...65535), "0", .start, .later, onlyWith: "use_watchdog",
            "Port on which heartbeats are received."),
        Parameter(
            "wd_heartbeat_keepalive", .int(1...2_147_483_647, .seconds), "2", .start, .later,
            onlyWith: "use_watchdog",
            "Time between two heartbeats."),
        Parameter(
            "wd_heartbeat_deadtime", .int(1...2_147_483_647, .seconds), "30", .start, .later,
            onlyWith: "use_watchdog",
            "A member counts as dead after this long without a heartbeat."),
        Parameter(
            "wd_life_point", .count, "3", .start, noQueryMode, onlyWith: "use_watchdog",
            "Failed queries after which a member counts as dead."),
        Parameter(
            "wd_lifecheck_query", .string, "SELECT 1", .start, noQueryMode, onlyWith: "use_watchdog",
            "Statement of the lifecheck by queries."),
        Parameter(
            "wd_lifecheck_dbname", .string, "template1", .reload, noQueryMode, onlyWith: "use_watchdog",
            "Database of the lifecheck by queries."),
        Parameter(
            "wd_lifecheck_user", .string, "", .reload, noQueryMode, onlyWith: "use_watchdog",
            "User of the lifecheck by queries."),
        Parameter(
            "wd_lifecheck_password", .string, "", .reload, noQueryMode, secret: true, onlyWith: "use_watchdog",
            "Password of this user."),
    ].grouped(as: .watchdog)
}
