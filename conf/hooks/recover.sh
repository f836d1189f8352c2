#!/bin/bash
# recovery_1st_stage_command: makes a lost node a standby again, for pcp_recovery_node.
#
#   recovery_1st_stage_command = 'recover.sh'
#
# It lives in the data directory of every node, together with standby.sh and pgpool_remote_start, because the extension
# pgpool_recovery runs it there, on the primary, as postgres. Its output is in the primary's log.
#
# What it needs: a login without a password, as SSH_USER, from each database host to the others. What is done on the
# other host, and with which users, is in standby.sh.
#
# Adapt here:
SSH_USER=${SSH_USER:-postgres}
SSH_OPTIONS=${SSH_OPTIONS:--o BatchMode=yes -o ConnectTimeout=5}
PATH=/usr/local/bin:/usr/bin:/bin

set -euo pipefail

log() { printf '%s recover.sh: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }
fail() {
    log "FAILED: $*"
    exit 1
}

[ $# -eq 7 ] || fail "7 arguments expected, $# given: pgpool_recovery is older than 1.4?"
data=$1
host=$2
host_data=$3
port=$4
node=$5
host_port=$6
primary_host=$7

log "recovering node $node ($host:$host_port, $host_data) from $primary_host:$port"
here=$(cd "$(dirname "$0")" && pwd)
[ -r "$here/standby.sh" ] || fail "$here/standby.sh is not there"
[ ! -e "$data/standby.signal" ] || fail "the server in $data is itself a standby"
[ "$host:$host_port" != "$primary_host:$port" ] || fail "node $node is the primary"

# The options are several words, and the words of the command are meant to be quoted here.
# shellcheck disable=SC2086,SC2029
ssh $SSH_OPTIONS -l "$SSH_USER" "$host" \
    "$(printf '%q ' bash -s -- recover "$host_data" "$host_port" "$node" "$primary_host" "$port")" \
    <"$here/standby.sh" 2>&1 || fail "node $node is not a standby yet"
log "node $node is a standby of $primary_host"
