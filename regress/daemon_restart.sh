#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The daemon dies: sessions live. The next one closes the rows of those that
# died, and of no others; it counts, ends and awaits those that live.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "a killed daemon, and the next one"

ready_portal
admin=$(first_admin)

hold_session alive web1
session_pids "$admin web1"
alive_monitor=$MONITOR
alive_child=$CHILD
hold_session dead web1
dead_monitor=$(portal_pids "monitor $admin web1" | grep -vx "$alive_monitor")
dead_child=$(ps -o pid= --ppid "$dead_monitor" | tr -d ' ')
alive_row=$(db_query "SELECT MIN(id) FROM sessions WHERE status = 'active'")
dead_row=$(db_query "SELECT MAX(id) FROM sessions WHERE status = 'active'")
is "rows" "$((dead_row - alive_row))" 1
age_sessions

say "kill -9 of everything but one session"
keeper=$(portal_pids keeper)
for pid in $PORTAL_PID $keeper $dead_monitor $dead_child; do
	end_process "$pid" KILL
done
PORTAL_PID=
wait_for 10 is_ended "$HELD_dead" || fail "a client waits for a dead session"
sleep 0.5
! is_ended "$alive_child" || fail "the other session died"
! is_ended "$HELD_alive" || fail "the other client left"
if [ -n "$IS_ROOT" ]; then
	left()
	{
		[ "$(portal_pids | wc -l)" -eq 2 ]
	}
	wait_for 10 left || fail "spares of a dead daemon stay: $(portal_pids)"
fi

say "the next daemon"
start_portal
wait_for 20 session_closed "$dead_row" ||
    fail "the dead session's row is active"
is "row of the live session" \
    "$(db_query "SELECT status FROM sessions WHERE id = $alive_row")" active
ok p web1@portal echo served
is "output" "$out" served
# a session's end is written after its client has left
wait_for 10 sessions_are 1 || fail "active sessions: $(active_sessions)"
ok p admin@portal session ls --active --quiet
is "active sessions" "$out" "$alive_row"

say "the old session's end"
release_session alive 27
wait_for 10 session_closed "$alive_row" ||
    fail "the live session's row stays active"
is "its exit status" "$(db_query "SELECT exit_status FROM channels
    WHERE session_id = $alive_row")" 27
is "rows without an end" "$(db_query 'SELECT COUNT(*) FROM sessions
    WHERE ended_at = 0')" 0
wait_for 10 is_ended "$alive_monitor" || fail "its monitor stays"

say "only the daemon dies: its keeper sees the session to its end"
hold_session second web1
session_pids "$admin web1"
end_process "$PORTAL_PID" KILL
PORTAL_PID=
release_session second 28
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"
wait_for 15 no_portal_pids || fail "left: $(portal_pids)"
start_portal
ok p web1@portal true
end_process "$PORTAL_PID" INT
PORTAL_PID=

say "SIGINT to the next daemon ends the sessions of the one before"
start_portal
hold_session heard web1
heard=$(portal_pids "monitor $admin web1")
hold_session stuck web1
stuck=$(portal_pids "monitor $admin web1" | grep -vx "$heard")
end_process "$PORTAL_PID" KILL
PORTAL_PID=
kill -STOP "$stuck"
start_portal '' --max-connections=2
wait_for 10 log_has 'daemon: 2 sessions of the daemon before live on' ||
    fail "they were not found: $(portal_log)"
run p web1@portal true
is "status of a third one" "$status" 255
log_has 'past max-connections \(2 connections' || fail "they do not count"
say "also after the daemon has executed itself anew"
kill -HUP "$PORTAL_PID"
taken_over()
{
	log_has 'has taken over' && log_has_many ': ready$' 2
}
# no spare is needed for those two, but one is always there
wait_for 20 taken_over || fail "no reload: $(portal_log)"
! is_ended "$heard" || fail "a session ended"
stop_portal INT || fail "SIGINT"
is "its status" "$PORTAL_STATUS" 0
log_has "monitor $stuck: did not end when asked; killed" ||
    fail "nothing was killed"
for pid in "$heard" "$stuck" "$HELD_heard" "$HELD_stuck"; do
	wait_for 10 is_ended "$pid" || fail "process $pid lives on"
done
is "active sessions" "$(active_sessions)" 0

say "SIGTERM to the next daemon waits for them, and for a login under way"
start_portal
hold_session third web1
end_process "$PORTAL_PID" KILL
PORTAL_PID=
start_portal
# it asks for known hosts in the midst of the key exchange
cat >"$T/asks" <<END
#!/bin/sh
: >"$T/asked"
until [ -e "$T/go" ]; do sleep 0.05; done
END
chmod 755 "$T/asks"
p -o KnownHostsCommand="$T/asks" web1@portal 'exit 33' </dev/null \
    >"$T/late.out" 2>&1 &
late=$!
wait_for 20 test -e "$T/asked" || fail "no login is under way"
kill -TERM "$PORTAL_PID"
is_draining()
{
	[ "$(portal_pids 'daemon: draining')" = "$PORTAL_PID" ]
}
wait_for 10 is_draining || fail "it does not drain"
! is_ended "$HELD_third" || fail "the session ended"
kill -HUP "$PORTAL_PID"
wait_for 10 log_has 'Received signal 1; not now' || fail "no word about it"
touch "$T/go"
wait $late
status=$?
is "status of the late one ($(cat "$T/late.out"))" $status 33
! is_ended "$PORTAL_PID" || fail "the daemon left a session alone"
release_session third 29
wait_for 15 is_ended "$PORTAL_PID" || fail "the daemon stays"
wait "$PORTAL_PID"
is "its status" $? 0
PORTAL_PID=
is "active sessions" "$(active_sessions)" 0

say "a daemon that drains keeps its own beside the next one"
start_portal
hold_session fourth web1
drains=$PORTAL_PID
kill -TERM "$drains"
wait_for 10 is_draining || fail "it does not drain"
start_portal
! log_has 'of the daemon before' || fail "another's session was adopted"
ok p web1@portal true
release_session fourth 30
wait_for 15 is_ended "$drains" || fail "the daemon that drains stays"
wait "$drains"
is "its status" $? 0
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"
