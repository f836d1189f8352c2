#!/bin/bash
# follow_primary_command: with three nodes and more, makes a node follow the new primary after a failover. Runs on the
# proxy's host, as the proxy's user, once for every node but the new primary.
#
#   follow_primary_command = '/etc/egret/follow_primary.sh %d %h %p %D %m %H %M %P %r %R'
#
# A node whose server runs is pointed to the new primary, or rewound, and attached; when that fails it is recovered
# with pcp_recovery_node. A node whose server does not run (the old primary, as a rule) is left down for you to look at.
#
# What it needs: a login without a password, as SSH_USER, on the hosts of all nodes; standby.sh beside this file, and
# what that needs; PCP_USER's password in ~/.pcppass of the proxy's user, which nobody else can read.
#
# Adapt here, or set these variables in the proxy's environment:
SSH_USER=${SSH_USER:-postgres}
SSH_OPTIONS=${SSH_OPTIONS:--o BatchMode=yes -o ConnectTimeout=5}
PCP_HOST=${PCP_HOST:-localhost}
PCP_PORT=${PCP_PORT:-9898}
PCP_USER=${PCP_USER:-pgpool}
# Where pcp_attach_node and pcp_recovery_node are.
PCP_BIN=${PCP_BIN:-/usr/sbin}
PATH=$PCP_BIN:$PATH

set -euo pipefail

log() { printf '%s follow_primary.sh: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }
fail() {
    log "FAILED: $*"
    exit 1
}

# A data directory that is not configured shifts the arguments behind it.
[ $# -eq 10 ] || fail "10 arguments expected, $# given: is backend_data_directory set for every node?"
node=$1
host=$2
port=$3
data=$4
new_primary=$5
new_primary_host=$6
new_primary_port=$9

log "node $node ($host:$port) is to follow node $new_primary ($new_primary_host:$new_primary_port)"
if [ "$new_primary" -lt 0 ] || [ -z "$new_primary_host" ]; then fail "there is no new primary"; fi
here=$(cd "$(dirname "$0")" && pwd)
[ -r "$here/standby.sh" ] || fail "$here/standby.sh is not there"

# pcp COMMAND: what succeeds says so. The programs of pgpool-II end with status 0 in any case.
pcp() {
    local answer
    answer=$("$1" -w -h "$PCP_HOST" -p "$PCP_PORT" -U "$PCP_USER" -n "$node" 2>&1) || true
    log "$1: $answer"
    [[ $answer == *"Command Successful"* ]]
}

status=0
# The options are several words, and the words of the command are meant to be quoted here.
# shellcheck disable=SC2086,SC2029
ssh $SSH_OPTIONS -l "$SSH_USER" "$host" \
    "$(printf '%q ' bash -s -- follow "$data" "$port" "$node" "$new_primary_host" "$new_primary_port")" \
    <"$here/standby.sh" 2>&1 || status=$?
case $status in
    0)
        pcp pcp_attach_node || fail "node $node follows, but could not be attached"
        log "node $node follows and is attached"
        ;;
    3 | 255)
        # Its server does not run, or its host does not answer.
        log "node $node is left down: look at it, then run pcp_recovery_node -n $node"
        ;;
    *)
        log "node $node could not be pointed to the primary: it is recovered"
        pcp pcp_recovery_node || fail "node $node could not be recovered"
        log "node $node was recovered and is attached"
        ;;
esac
