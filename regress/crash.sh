#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Crashes: one ends one session. Those who come later find another memory
# layout and other spares; but the daemon executes itself anew at most once in
# five seconds, however many crash.

. "$TOP/regress/lib.sh"
need_walls "crashes are what is tested"
each_mode
tid "crashes: a new layout, not too often, and new spares"

ready_portal
admin=$(first_admin)
EVERY_MS=5000

anew='daemon: executing anew for another memory layout'
crashed='daemon: child [0-9]+ of monitor [0-9]+ for .* crashed'

# C and X for each crash and each new execution, in their order.
order()
{
	portal_log | sed -nE "s/.*$anew.*/X/p; s/.*$crashed.*/C/p" | tr -d '\n'
}

children_of()
{
	local pid

	for pid in $(portal_pids "monitor $1"); do
		ps -o pid= --ppid "$pid" | tr -d ' '
	done
}

say "a child that is killed is no crash"
wait_for 20 spares_are 4 || fail "spares: $(portal_pids 'monitor spare')"
hold_session killed web1
kill -KILL "$(children_of "$admin web1")"
wait_for 10 is_ended "$HELD_killed" || fail "the client waits"
ok p web1@portal true
is "executions" "$(log_count "$anew")" 0

say "a crash: all spares are replaced, the other session lives"
known='^$'
for name in lives one two three; do
	hold_session $name web1
	pid=$(children_of "$admin web1" | grep -vxE "$known")
	eval "$name=$pid"
	known+="|$pid"
done
wait_for 20 spares_are 4 || fail "spares: $(portal_pids 'monitor spare')"
old=$(portal_pids "monitor spare")
start=$(now_ms)
kill -SEGV "$one"
wait_for 20 log_has_many "$anew" 1 || fail "no new execution: $(portal_log)"
wait_for 20 log_has_many 'daemon: ready$' 2 || fail "no new spare"
wait_for 10 is_ended "$HELD_one" || fail "its client waits"
for pid in $old; do
	wait_for 10 is_ended "$pid" || fail "the old spare $pid stays"
done
is "crashes" "$(order)" CX

say "two more crashes"
kill -ABRT "$two"
kill -BUS "$three"
wait_for 10 log_has_many "$crashed" 3 || fail "crashes: $(portal_log)"
wait_for 20 log_has_many "$anew" 2 || fail "no second execution: $(order)"
took=$(($(now_ms) - start))
[ $took -ge $EVERY_MS ] || fail "executed twice in $took ms"
wait_for 20 log_has_many 'daemon: ready$' 3 || fail "no new spare"
like "crashes and executions" "$(order)" '^CX(C+X)+$'
is "daemon" "$(portal_pids daemon)" "$PORTAL_PID"

say "who was there before is still there"
! is_ended "$lives" || fail "the other child died"
release_session lives 41
for pid in "$HELD_two" "$HELD_three"; do
	wait_for 20 is_ended "$pid" || fail "a client of a dead child waits"
done
hold_session new web1
for pid in $(portal_pids monitor); do
	! grep -qx "$pid" <<<"$old" || fail "an old spare serves"
done
release_session new 42

say "a crash after the program was replaced: the new one is asked first"
wait_for 20 spares_are 4 || fail "spares: $(portal_pids 'monitor spare')"
cp "$BIN" "$BIN.new"
mv "$BIN.new" "$BIN"
n=$(log_count "$anew")
kill -SEGV "$(children_of spare | head -n 1)"
wait_for 20 log_has_many 'daemon: sshportal .* has taken over' 1 ||
    fail "no reload: $(portal_log | tail -n 5)"
is "executions" "$(log_count "$anew")" "$n"
ok p web1@portal true
