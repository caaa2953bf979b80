#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Anybody on the host can connect to a port of the person's -R: as fast as they
# like, and still the person's session goes on.
# cost: 20

. "$TOP/regress/lib.sh"
tid "a flood of connections to a forwarded port"

ready_portal

sink=$(free_port)
back=$(free_port)
hold_session flooded web1 -R "127.0.0.1:$back:127.0.0.1:$sink"
: >"$T/flooding"
"$PYTHON" "$HELPERS/forwards.py" flood "$sink" "$back" "$T/flooding" \
    >"$T/flood.out" 2>&1 &
flood=$!

say "beyond a rate well below what would end it, they are closed; that is logged"
wait_for 200 log_has 'the host opens channels faster than they are taken' ||
    fail "the flood goes through"
say "others are let through again, when the flood is over"
rm "$T/flooding"
wait_for 60 is_ended $flood || fail "the flood does not end"
wait $flood
socat "TCP-LISTEN:$sink,bind=127.0.0.1,fork,reuseaddr" SYSTEM:'echo here' &
at_exit end_process $!
wait_for 10 port_answers "$sink" || fail "no service"
arrives()
{
	[ "$(timeout 10 socat -u "TCP:127.0.0.1:$back" - 2>/dev/null)" = here ]
}
wait_for 30 arrives || fail "no connection gets through"
say "the session is none the worse"
release_session flooded 0
is "lines in the log" "$(log_count 'the host opens channels faster')" 1
unlike "the gate" "$(portal_log)" 'asked too fast'

say "a host that opens them itself, and closes none, ends its session"
start_odd_host opener
SSHD_PORT=$ODD_PORT add_host opener
back=$(free_port)
# by their number or by the memory that libssh2 keeps for them
refused "a host that closes none" \
    'it (leaves too many channels open|sends what nobody asked for)' \
    p -R "127.0.0.1:$back:127.0.0.1:$sink" opener@portal "many $back"

say "a port that is none is not listened on"
refused "a port that is none" 'host opener: it listens on a port that is none' \
    p -R 0:127.0.0.1:9 opener@portal unasked
