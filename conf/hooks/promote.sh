#!/bin/bash
# Promotes the standby of a data directory on this host, and waits until it accepts writes. failover.sh sends it over
# ssh to the host of the new primary; it can be run there by hand too, as postgres:
#
#   promote.sh /var/lib/postgresql/15/main [PG_BIN [SECONDS]]
#
# Status 0 means that the server is a primary, be it because it was one before.

set -euo pipefail

log() { printf '%s promote.sh: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }
fail() {
    log "FAILED: $*"
    exit 1
}

# From the control file: needs no connection, and so no password.
state() { LC_ALL=C "$bin/pg_controldata" -D "$data" | sed -n 's/^Database cluster state: *//p'; }

# The whole file is read before the first command runs, since it comes over a pipe that commands could read from.
main() {
    [ $# -ge 1 ] || fail "usage: promote.sh DATA_DIRECTORY [PG_BIN [SECONDS]]"
    data=$1
    bin=${2:-${PG_BIN:-/usr/lib/postgresql/15/bin}}
    seconds=${3:-60}
    [ -x "$bin/pg_ctl" ] || fail "$bin/pg_ctl is not there: set PG_BIN"
    "$bin/pg_ctl" status -D "$data" >/dev/null || fail "no server runs in $data"

    case $(state) in
        "in production")
            log "the server in $data is a primary already"
            return 0
            ;;
        "in archive recovery") ;;
        *) fail "the server in $data is neither a standby nor a primary: $(state)" ;;
    esac
    log "promoting the standby in $data"
    "$bin/pg_ctl" promote -D "$data" -w -t "$seconds" >/dev/null || fail "pg_ctl promote"
    [ "$(state)" = "in production" ] || fail "the server is still a standby after $seconds s"
    log "the server in $data is a primary now"
}

main "$@" </dev/null
