#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Keepalives on either side while either side exchanges keys all the time.

. "$TOP/regress/lib.sh"
tid "keepalives while keys are exchanged"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="LogLevel DEBUG
RekeyLimit default 1"
portal_config <<'END'
client-alive-interval: 1
client-alive-count-max: 2
server-alive-interval: 1
server-alive-count-max: 2
END
ready_portal
hold_session quiet web1 -v -o RekeyLimit='default 1'
exchanges()
{
	grep -c 'SSH2_MSG_NEWKEYS received' "$1"
}
many()
{
	[ "$(exchanges "$T/quiet.out")" -ge 6 ] &&
	    [ "$(exchanges "$T/host/sshd.log")" -ge 8 ]
}
wait_for 60 many || fail "key exchanges: $(exchanges "$T/quiet.out") of the
    client, $(exchanges "$T/host/sshd.log") of the host"
release_session quiet 9
