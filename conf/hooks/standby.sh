#!/bin/bash
# Makes the server of this host a standby of a given primary. recover.sh and follow_primary.sh send it over ssh to the
# host of the standby, where it runs as postgres; it can be run there by hand too:
#
#   standby.sh recover|follow DATA_DIRECTORY PORT NODE_ID PRIMARY_HOST PRIMARY_PORT
#
# recover   stops the server if it runs, makes it follow with pg_rewind, or with a new base backup when that cannot be,
#           and starts it.
# follow    a standby that runs is pointed to the primary without a restart; what cannot follow that way is rewound. No
#           base backup is made: the script fails instead. A server that does not run is left alone (status 3).
#
# The primary is asked with REWIND_USER, a superuser, whose password (like that of REPLICATION_USER) is in ~/.pgpass on
# this host. The standby's slot and its application name are NAME_PREFIX and the number of its node, so that
# backend_application_name1 is 'node1'.
#
# Adapt here, or set these variables where this script runs (with recover.sh, that is the environment that sshd gives):
PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}
REWIND_USER=${REWIND_USER:-postgres}
REPLICATION_USER=${REPLICATION_USER:-repl}
NAME_PREFIX=${NAME_PREFIX:-node}
# Seconds for a start, which may have to replay much before it streams, and for a stop.
START_TIMEOUT=${START_TIMEOUT:-300}
STOP_TIMEOUT=${STOP_TIMEOUT:-60}
# Seconds until a standby that was pointed to its new primary streams from it; then it is rewound.
FOLLOW_TIMEOUT=${FOLLOW_TIMEOUT:-10}

set -euo pipefail
export LC_ALL=C

log() { printf '%s standby.sh: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }
fail() {
    log "FAILED: $*"
    exit 1
}

# Asks the primary, and the server of this host.
primary() { "$PG_BIN/psql" -XAtqw -v ON_ERROR_STOP=1 -d "$source_conninfo" -c "$1"; }
local_server() { "$PG_BIN/psql" -XAtqw -v ON_ERROR_STOP=1 -p "$port" -d postgres -c "$1"; }

is_running() { "$PG_BIN/pg_ctl" status -D "$data" >/dev/null 2>&1; }
system_identifier() { "$PG_BIN/pg_controldata" -D "$data" 2>/dev/null | sed -n 's/^Database system identifier: *//p'; }

# Debian keeps the configuration of a cluster in /etc/postgresql and starts it with pg_ctlcluster. Everywhere else the
# configuration is in the data directory.
find_debian_cluster() {
    cluster=()
    configuration=$data/postgresql.conf
    if command -v pg_lsclusters >/dev/null; then
        read -r -a cluster < <(pg_lsclusters --no-header | awk -v data="$data" '$6 == data { print $1, $2 }') || true
    fi
    if [ ${#cluster[@]} -eq 2 ]; then configuration=/etc/postgresql/${cluster[0]}/${cluster[1]}/postgresql.conf; fi
}

start_server() {
    log "starting the server in $data"
    # A start that has much to replay is given up by these before it is by us.
    if [ ${#cluster[@]} -eq 2 ]; then
        pg_ctlcluster "${cluster[@]}" start || is_running || fail "pg_ctlcluster ${cluster[*]} start"
    else
        "$PG_BIN/pg_ctl" start -D "$data" -l "$data.log" -w >/dev/null || is_running || fail "see $data.log"
    fi
    local left=$((START_TIMEOUT * 5))
    until "$PG_BIN/pg_isready" -q -p "$port"; do
        is_running || fail "the server ended again: see its log"
        [ $((left -= 1)) -gt 0 ] || fail "the server does not accept connections after $START_TIMEOUT s"
        sleep 0.2
    done
}

stop_server() {
    is_running || return 0
    log "stopping the server in $data"
    "$PG_BIN/pg_ctl" stop -D "$data" -m fast -w -t "$STOP_TIMEOUT" >/dev/null \
        || "$PG_BIN/pg_ctl" stop -D "$data" -m immediate -w -t "$STOP_TIMEOUT" >/dev/null \
        || fail "the server in $data cannot be stopped"
}

# The primary must be one, and reachable with the users that we need, before anything is done to the standby.
check_primary() {
    local answer
    answer=$(primary "SELECT pg_is_in_recovery(), system_identifier FROM pg_control_system()") \
        || fail "$primary_host:$primary_port cannot be asked as $REWIND_USER: is the password in ~/.pgpass?"
    [ "${answer%%|*}" = f ] || fail "$primary_host:$primary_port is not a primary"
    # Somebody else's data directory is neither rewound nor deleted.
    local mine
    mine=$(system_identifier || true)
    [ -z "$mine" ] || [ "$mine" = "${answer##*|}" ] || fail "$data belongs to another database system ($mine)"
}

create_slot() {
    primary "SELECT pg_create_physical_replication_slot('$name', true)
             WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$name')" >/dev/null \
        || fail "the slot $name cannot be created on $primary_host"
}

rewind() {
    # Right after a promotion the control file of the primary still shows the old timeline, and a rewind would find
    # nothing to do.
    primary CHECKPOINT || fail "no checkpoint on $primary_host"
    log "pg_rewind $data from $primary_host:$primary_port"
    local options=(-D "$data" --source-server="$source_conninfo")
    if [ "$configuration" != "$data/postgresql.conf" ]; then options+=(--config-file="$configuration"); fi
    "$PG_BIN/pg_rewind" "${options[@]}" 2>&1
}

base_backup() {
    # The only place where something is deleted.
    case $data in
        /*/*) ;;
        *) fail "$data is no path for a data directory" ;;
    esac
    if [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
        [ -e "$data/PG_VERSION" ] || [ -e "$data/backup_label" ] || fail "$data is not empty and no data directory"
        log "emptying $data"
        find "$data" -mindepth 1 -delete
    fi
    log "pg_basebackup from $primary_host:$primary_port into $data"
    "$PG_BIN/pg_basebackup" -w -D "$data" -d "$replication_conninfo" -X stream -S "$name" -c fast 2>&1 \
        || fail "pg_basebackup"
}

# For a server that is stopped. What a rewind or a backup brought along is the primary's configuration.
make_standby() {
    local settings=$data/postgresql.auto.conf
    touch "$settings"
    sed -i -E '/^[[:space:]]*primary_(conninfo|slot_name)[[:space:]]*=/d' "$settings"
    printf "%s = '%s'\n" primary_conninfo "$replication_conninfo" primary_slot_name "$name" >>"$settings"
    touch "$data/standby.signal"
    # Slots of its time as a primary would hold back WAL for ever.
    find "$data/pg_replslot" -mindepth 1 -delete
}

# streams SECONDS: true once the standby streams the primary's own timeline. One that is ahead of the place where the
# primary was promoted does stream for moments, on the old timeline, and never arrives on the new one.
streams() {
    local left=$(($1 * 5)) timeline
    timeline=$(primary "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int") || return 1
    while [ $((left -= 1)) -ge 0 ]; do
        [ "$(local_server "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'
            AND sender_host = '$primary_host' AND sender_port = $primary_port AND received_tli = $timeline")" != 1 ] \
            || return 0
        sleep 0.2
    done
    return 1
}

recover() {
    check_primary
    create_slot
    stop_server
    if [ ! -e "$data/PG_VERSION" ]; then
        log "$data is no data directory yet"
        base_backup
    elif rewind; then
        log "pg_rewind has done its work"
    else
        log "pg_rewind is impossible here: a new base backup"
        base_backup
    fi
    make_standby
    start_server
    streams "$START_TIMEOUT" || fail "the standby does not stream from $primary_host"
}

follow() {
    if ! is_running; then
        log "no server runs in $data: it is left alone"
        exit 3
    fi
    check_primary
    create_slot
    if [ "$(local_server "SELECT pg_is_in_recovery()")" = t ]; then
        log "pointing the standby to $primary_host:$primary_port"
        local_server "ALTER SYSTEM SET primary_conninfo = '$replication_conninfo'"
        local_server "ALTER SYSTEM SET primary_slot_name = '$name'"
        local_server "SELECT pg_reload_conf()" >/dev/null
        if streams "$FOLLOW_TIMEOUT"; then return 0; fi
        log "the standby does not stream from $primary_host: it is rewound"
    fi
    stop_server
    rewind || fail "pg_rewind"
    make_standby
    start_server
    streams "$START_TIMEOUT" || fail "the standby does not stream from $primary_host"
}

# The whole file is read before the first command runs, since it comes over a pipe that commands could read from.
main() {
    [ $# -eq 6 ] || fail "6 arguments expected, $# given"
    data=$2
    port=$3
    primary_host=$5
    primary_port=$6
    [[ $data =~ ^/ ]] || fail "the data directory is no absolute path: $data"
    [[ $port$4$primary_port =~ ^[0-9]+$ ]] || fail "a port or a node's number is no number: $port $4 $primary_port"
    [[ $primary_host =~ ^[A-Za-z0-9._:-]+$ ]] || fail "the primary's host has odd characters: $primary_host"
    [ -x "$PG_BIN/pg_rewind" ] || fail "$PG_BIN/pg_rewind is not there: set PG_BIN"
    name=$NAME_PREFIX$4
    source_conninfo="host=$primary_host port=$primary_port user=$REWIND_USER dbname=postgres"
    replication_conninfo="host=$primary_host port=$primary_port user=$REPLICATION_USER application_name=$name"
    find_debian_cluster

    log "node $4 in $data, port $port, is to follow $primary_host:$primary_port"
    case $1 in
        recover) recover ;;
        follow) follow ;;
        *) fail "recover or follow, not $1" ;;
    esac
    log "node $4 follows $primary_host:$primary_port"
}

main "$@" </dev/null
