import LocalCluster

extension ClusterScripts {
    /// A `failover_command` that promotes the new main node when the primary is the one that goes, and ends that one
    /// first, as a switchover does.
    func promote() throws -> String {
        try write(
            "promote.sh",
            """
            [ "$1" = "$2" ] || exit 0
            \(account)\(cluster.binaries.path("pg_ctl")) stop -s -m fast -D "$4" || true
            exec \(account)\(cluster.binaries.path("pg_ctl")) promote -w -s -D "$3"
            """) + " %d %P %R %D"
    }

    /// The lines that make a data directory anew as a standby of a primary, without starting it. They expect `$data`,
    /// `$port`, `$number` and `$source`, the primary's port, and run as the servers' account.
    private func copy(_ flags: String = "") -> String {
        """
        rm -rf "$data"
        \(cluster.binaries.path("pg_basebackup")) -D "$data" -h 127.0.0.1 -p "$source" -U postgres -X stream -c fast \
        --no-sync --no-manifest \(flags) || exit 1
        cat >>"$data/postgresql.conf" <<END
        port = $port
        primary_conninfo = 'host=127.0.0.1 port=$source user=postgres application_name=node$number'
        primary_slot_name = ''
        END
        rm -f "$data/postgresql.auto.conf"
        touch "$data/standby.signal"
        """
    }

    private var start: String {
        "exec \(cluster.binaries.path("pg_ctl")) start -w -s -D \"$data\" -l \"$data.restart.log\" </dev/null"
    }

    /// A `follow_primary_command`: a standby that lives gets another primary, a dead node is copied anew; then
    /// `attach` is run, which finds the node's number in `$1`.
    func follow(attach: String) throws -> String {
        let rebuild = try write(
            "rebuild.sh", "number=$1 port=$2 data=$3 source=$4\n\(copy())\n\(start)")
        return try write(
            "follow.sh",
            """
            echo "$*" >>"\(directory)/follow.record"
            if \(account)\(cluster.binaries.path("pg_ctl")) status -D "$3" >/dev/null; then
              \(cluster.binaries.path("psql")) -XAtq -h 127.0.0.1 -p "$2" -U postgres -d postgres \
            -c "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=$4 user=postgres application_name=node$1'" \
            -c "ALTER SYSTEM SET primary_slot_name = ''" -c "SELECT pg_reload_conf()" || exit 1
            else
              \(account)\(rebuild) "$1" "$2" "$3" "$4" || exit 1
            fi
            exec \(attach)
            """) + " %d %p %D %r %m %P"
    }

    /// How `follow` was called: number, port and directory of the node, port and number of the primary, old primary.
    var followCalls: [[String]] {
        LogFile(path: directory + "/follow.record").text.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
    }

    /// The two scripts of online recovery in the primary's data directory. The copy is slow enough to be watched.
    func recovery() throws {
        _ = try write(
            "copy.sh", in: cluster.primary.dataDirectory,
            "data=$3 source=$4 number=$5 port=$6\necho \"$*\" >\"\(directory)/copy.record\"\n\(copy("--max-rate=64M"))")
        _ = try write("pgpool_remote_start", in: cluster.primary.dataDirectory, "data=$2\n\(start)")
    }
}
