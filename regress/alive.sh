#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Keepalives of the portal's own, by choice: silent clients and hosts are asked,
# those that answer nothing are given up, and a kernel that acknowledges for a
# stopped process deceives nobody.

. "$TOP/regress/lib.sh"
each_mode
tid "keepalives towards clients and hosts"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="LogLevel DEBUG"
portal_config <<'END'
client-alive-interval: 1
client-alive-count-max: 2
END
ready_portal

say "a client that lives is asked and goes on"
hold_session quiet web1 -v
asked()
{
	[ "$(grep -c 'keepalive@openssh.com want_reply 1' \
	    "$T/quiet.out")" -ge "$1" ]
}
wait_for 30 asked 5 || fail "asked less than five times in 30 s"
release_session quiet 5

say "one whose output nobody reads goes on too"
mkfifo "$T/fifo"
exec 9<>"$T/fifo"
ssh -v -F "$(conf)" web1@portal 'head -c 50000000 /dev/zero; exit 6' \
    </dev/null >"$T/fifo" 2>"$T/quiet.out" &
stuck=$!
wait_for 60 asked 4 || fail "asked less than four times in 60 s"
! is_ended $stuck || fail "it ended: $(cat "$T/quiet.out")"
is "bytes" "$(head -c 50000000 <&9 | wc -c)" 50000000
wait $stuck
is "status" $? 6

# The reason of the session that ended last.
last_error()
{
	db_query 'SELECT error FROM sessions ORDER BY id DESC LIMIT 1'
}

say "one that is stopped is given up"
hold_session stopped web1
kill -STOP "$HELD_stopped"
wait_for 30 sessions_are 0 || fail "it is not given up"
like "the reason" "$(last_error)" 'sshportal: the client answers no more'
log_has 'the client answers no more' || fail "nothing in the log"
kill -CONT "$HELD_stopped"
wait_for 10 is_ended "$HELD_stopped" || fail "the client goes on"

say "a connection without a channel is asked as well"
ok p -M -S "$T/mux" -o ControlPersist=60 -fN web1@portal
wait_for 10 sessions_are 1 || fail "no session"
master=$(p -S "$T/mux" -O check web1@portal 2>&1 | tr -cd 0-9)
kill -STOP "$master"
wait_for 30 sessions_are 0 || fail "it is not given up"
kill -KILL "$master"

say "asking is not activity"
stop_portal || fail "stop"
start_portal "" --idle-timeout=4s
hold_session idle web1 -o ServerAliveInterval=1
wait_for 30 is_ended "$HELD_idle" || fail "keepalives keep it from idling"
wait_for 10 sessions_are 0 || fail "the session goes on"
like "the reason" "$(last_error)" 'idle'

say "a host that lives is asked and goes on"
stop_portal || fail "stop"
portal_config <<'END'
server-alive-interval: 1
server-alive-count-max: 2
END
start_portal
host_asked()
{
	[ "$(grep -c 'keepalive@sshportal' "$T/host/sshd.log")" -ge "$1" ]
}
hold_session well web1
wait_for 30 host_asked 5 || fail "asked less than five times in 30 s"
ok p -M -S "$T/mux2" -o ControlPersist=60 -fN web1@portal
before=$(grep -c 'keepalive@sshportal' "$T/host/sshd.log")
wait_for 30 host_asked $((before + 12)) || fail "two sessions: no twelve"
ok p -S "$T/mux2" web1@portal echo more
is "output" "$out" more
ok p -S "$T/mux2" -O exit web1@portal
release_session well 7

say "one that is stopped is given up, in words"
# The sshd of sessions, and what runs in them.
of_host()
{
	descendants "$SSHD_PID" | grep -vx "$SSHD_PID"
}
nothing_of_host()
{
	! of_host >/dev/null
}
wait_for 10 nothing_of_host || fail "sshd still serves others"
hold_session frozen web1
host=$(of_host)
# shellcheck disable=SC2086 # one or more
kill -STOP $host
wait_for 30 is_ended "$HELD_frozen" || fail "it is not given up"
# shellcheck disable=SC2086
kill -CONT $host
wait "$HELD_frozen"
is "status" $? 255
like "what the person reads" "$(cat "$T/frozen.out")" \
    'sshportal: host web1: it answers no more'
wait_for 10 sessions_are 0 || fail "the session goes on"
like "the reason" "$(last_error)" 'host web1: it answers no more'

say "the kernel's keepalive: there, and not when it is not wanted"
# Timers of the portal's established sockets.
timers()
{
	ss -Htno state established \
	    "( sport = :$PORTAL_PORT or dport = :$SSHD_PORT )" |
	    grep -c 'timer:(keepalive'
}
# A socket whose bytes are under way has another timer for a moment.
both_kept()
{
	[ "$(timers)" -eq 2 ]
}
hold_session one web1
wait_for 10 both_kept || fail "keepalive timers: $(timers)"
release_session one 1
stop_portal || fail "stop"
start_portal "" --tcp-keepalive=false
hold_session two web1
is "keepalives" "$(timers)" 0
release_session two 2
