#!/bin/bash
# failover_command: promotes the standby when the primary is lost. Runs on the proxy's host, as the proxy's user.
#
#   failover_command = '/etc/egret/failover.sh %d "%h" %p %D %m %M "%H" %P'
#
# A failed standby needs nothing done: the script says so and ends with status 0. When the failed node was the primary,
# the script first stops what may be left of it (a node that was taken out by an operator, or that is unreachable for
# the proxy only, may still be a primary), and then runs promote.sh on the host of the new main node.
#
# What it needs: a login without a password, as SSH_USER, on the hosts of all nodes; promote.sh beside this file;
# backend_data_directoryN set for every node.
#
# Adapt here, or set these variables in the proxy's environment:
SSH_USER=${SSH_USER:-postgres}
SSH_OPTIONS=${SSH_OPTIONS:--o BatchMode=yes -o ConnectTimeout=3}
PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}
# The data directory of the node to promote; nothing means that it is the same as the failed node's.
NEW_DATA_DIRECTORY=${NEW_DATA_DIRECTORY:-}
# off leaves the old primary alone. Then only you can rule out that there are two.
FENCE_OLD_PRIMARY=${FENCE_OLD_PRIMARY:-on}
# Seconds for either step.
FENCE_TIMEOUT=${FENCE_TIMEOUT:-10}
PROMOTE_TIMEOUT=${PROMOTE_TIMEOUT:-60}

set -euo pipefail

log() { printf '%s failover.sh: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }
fail() {
    log "FAILED: $*"
    exit 1
}

# A data directory that is not configured shifts the arguments behind it.
[ $# -eq 8 ] || fail "8 arguments expected, $# given: is backend_data_directory set for every node?"
failed_id=$1
failed_host=$2
failed_port=$3
failed_data=$4
new_main_id=$5
old_main_id=$6
new_main_host=$7
old_primary_id=$8

log "node $failed_id ($failed_host:$failed_port) failed; main node: $old_main_id -> $new_main_id" \
    "($new_main_host); old primary: node $old_primary_id"

if [ "$failed_id" != "$old_primary_id" ]; then
    log "node $failed_id was not the primary: nothing to do"
    exit 0
fi
if [ "$new_main_id" -lt 0 ] || [ -z "$new_main_host" ] || [ "$new_main_host" = '""' ]; then
    fail "the primary is lost and no node is left to promote"
fi
here=$(cd "$(dirname "$0")" && pwd)
[ -r "$here/promote.sh" ] || fail "$here/promote.sh is not there"

# on HOST SECONDS COMMAND [ARGUMENT...]: runs a command over ssh. The arguments arrive as they are.
on() {
    local host=$1 seconds=$2
    shift 2
    # The options are several words, and the words of the command are meant to be quoted here.
    # shellcheck disable=SC2086,SC2029
    timeout "$seconds" ssh $SSH_OPTIONS -l "$SSH_USER" "$host" "$(printf '%q ' "$@")"
}

if [ "$FENCE_OLD_PRIMARY" = on ]; then
    # Status 3: there is a data directory and no server runs in it.
    # shellcheck disable=SC2016
    if answer=$(on "$failed_host" "$FENCE_TIMEOUT" bash -c '
        "$1/pg_ctl" status -D "$2" >/dev/null || { [ $? -eq 3 ] && echo "does not run"; exit; }
        "$1/pg_ctl" stop -D "$2" -m fast -w -t "$3" >/dev/null && echo "was stopped"' \
        fence "$PG_BIN" "$failed_data" "$((FENCE_TIMEOUT - 2))" </dev/null 2>&1); then
        log "the old primary on $failed_host ${answer:-is in an unknown state}"
    else
        log "the old primary on $failed_host could not be stopped (${answer:-no answer}): is it really dead?"
    fi
fi

log "promoting node $new_main_id on $new_main_host"
on "$new_main_host" "$((PROMOTE_TIMEOUT + 10))" bash -s -- \
    "${NEW_DATA_DIRECTORY:-$failed_data}" "$PG_BIN" "$PROMOTE_TIMEOUT" <"$here/promote.sh" 2>&1 \
    || fail "node $new_main_id on $new_main_host was not promoted"
log "node $new_main_id on $new_main_host is the primary"
