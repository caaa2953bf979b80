#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Keepalives of the client and of the host are answered, also while nothing
# else happens.

. "$TOP/regress/lib.sh"
each_mode
tid "keepalives on either side"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="ClientAliveInterval 1
ClientAliveCountMax 2"
ready_portal

hold_session quiet web1 -o ServerAliveInterval=1 -o ServerAliveCountMax=2
say "a connection without a channel"
ok p -M -S "$T/mux" -o ControlPersist=60 -o ServerAliveInterval=1 \
    -o ServerAliveCountMax=2 -fN web1@portal
say "one whose output nobody reads"
mkfifo "$T/fifo"
exec 9<>"$T/fifo"
ssh -F "$(conf)" web1@portal 'head -c 50000000 /dev/zero; exit 6' \
    </dev/null >"$T/fifo" &
stuck=$!
sleep 8
! is_ended "$HELD_quiet" || fail "the idle session: $(cat "$T/quiet.out")"
release_session quiet 5
run_status 7 p -S "$T/mux" web1@portal 'exit 7'
is "errors" "$err" ''
ok p -S "$T/mux" -O exit web1@portal
! is_ended $stuck || fail "the stuck session ended"
is "bytes" "$(head -c 50000000 <&9 | wc -c)" 50000000
wait $stuck
is "status" $? 6
