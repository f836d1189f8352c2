extension ParameterTable {
    private static let facility = ParameterType.enumeration(
        (0...7).map { EnumerationWord("LOCAL\($0)", nil) })

    static let logging = [
        Parameter(
            "log_destination", .list(separator: ",", words: ["stderr", "syslog"]), "stderr", .reload, .implemented,
            "Where the log goes: stderr, syslog, or both."),
        Parameter(
            "log_line_prefix", .string, "%m: %a pid %p: ", .reload, .implemented,
            "Text in front of every line of the log, with %-escapes."),
        Parameter(
            "log_min_messages", .messageLevel, "warning", .session, .implemented,
            "Least severe messages that are logged."),
        Parameter(
            "client_min_messages", .messageLevel, "notice", .session, .later,
            "Least severe messages of Egret's own that are sent to clients."),
        Parameter(
            "log_error_verbosity",
            .enumeration([
                EnumerationWord("terse", 0), EnumerationWord("default", 1), EnumerationWord("verbose", 2),
            ]), "default", .session, .later,
            "How much detail a logged message has."),
        Parameter(
            "log_connections", .bool, "off", .reload, .implemented,
            "Logs every client that connects."),
        Parameter(
            "log_disconnections", .bool, "off", .reload, .implemented,
            "Logs the end of every session with its duration."),
        Parameter(
            "log_pcp_processes", .bool, "off", .reload, .ignored("Egret has no processes for pcp commands"),
            "Logs the start and end of pcp processes."),
        Parameter(
            "log_hostname", .bool, "off", .reload, .later,
            "Logs the host names of clients, not only their addresses."),
        Parameter(
            "log_statement", .bool, "off", .session, .implemented,
            "Logs every statement of clients."),
        Parameter(
            "log_per_node_statement", .bool, "off", .session, .implemented,
            "Logs every statement with the node that it goes to."),
        Parameter(
            "notice_per_node_statement", .bool, "off", .session, .implemented,
            "Tells the client in a notice which node a statement goes to."),
        Parameter(
            "log_client_messages", .bool, "off", .session, .later,
            "Logs every protocol message from clients."),
        Parameter(
            "log_backend_messages", .words("none", "terse", "verbose"), "none", .session, .later,
            "Logs protocol messages from servers."),
        Parameter(
            "log_standby_delay", .words("always", "if_over_threshold", "none"), "if_over_threshold", .reload,
            .implemented,
            "When the replication delay of a standby is logged."),
        Parameter(
            "syslog_facility", facility, "LOCAL0", .reload, .implemented,
            "Facility for syslog."),
        Parameter(
            "syslog_ident", .string, "pgpool", .reload, .implemented,
            "Program name for syslog."),
        Parameter(
            "logging_collector", .bool, "off", .reload, .implemented,
            "Writes the log to files in place of stderr, and rotates them."),
        Parameter(
            "log_directory", .string, "/tmp/pgpool_logs", .reload, .implemented, onlyWith: "logging_collector",
            "Directory of the log files; made with mode 0700 when it is missing. A relative one starts at the working "
                + "directory of egret run."),
        Parameter(
            "log_filename", .string, "pgpool-%Y-%m-%d_%H%M%S.log", .reload, .implemented,
            onlyWith: "logging_collector",
            "Name of a log file, as a pattern of strftime."),
        Parameter(
            "log_file_mode", .int(0...0o777), "0600", .reload, .implemented, onlyWith: "logging_collector",
            "Access mode of log files; octal after a leading 0. Egret's own user may always write."),
        Parameter(
            "log_truncate_on_rotation", .bool, "off", .reload, .implemented, onlyWith: "logging_collector",
            "Empties a log file of the same name instead of appending to it, when its age was the reason to rotate."),
        Parameter(
            "log_rotation_age", .int(0...2_147_483_647, .minutes), "1d", .reload, .implemented,
            onlyWith: "logging_collector",
            "A new log file is begun at each multiple of this time, counted in local time; 0 means never."),
        Parameter(
            "log_rotation_size", .int(0...2_097_151, .kilobytes), "10MB", .reload, .implemented,
            onlyWith: "logging_collector",
            "A new log file is begun when the old one has this size; 0 means never."),
    ].grouped(as: .logging)

    static let files = [
        Parameter(
            "pid_file_name", .string, "/var/run/pgpool/pgpool.pid", .start, .implemented,
            "File that holds the process id."),
        Parameter(
            "work_dir", .string, "/tmp", .start, .implemented, old: ["logdir"],
            "Directory of the file pgpool_status, which keeps the status of the nodes over a restart."),
    ].grouped(as: .files)
}
