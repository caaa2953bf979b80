#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The daemon dies: sessions live. The next one closes the rows of those that
# died, and of no others.
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
closed()
{
	[ "$(db_query "SELECT status FROM sessions WHERE id = $1")" = closed ]
}
wait_for 20 closed "$dead_row" || fail "the dead session's row is active"
is "row of the live session" \
    "$(db_query "SELECT status FROM sessions WHERE id = $alive_row")" active
ok p web1@portal echo served
is "output" "$out" served
ok p admin@portal session ls --active --quiet
is "active sessions" "$out" "$alive_row"

say "the old session's end"
release_session alive 27
wait_for 10 closed "$alive_row" || fail "the live session's row stays active"
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
