#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Sessions live on while the database is away, and their ends are written
# exactly once when it is back.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "live sessions outlive the database's absence"

ready_portal
admin=$(first_admin)

# SQLite cannot go away, but somebody can hold it and not let go.
database_away()
{
	if [ "$DB" = mysql ]; then
		stop_mariadb "${1:-TERM}"
	else
		lock_database
	fi
}

database_back()
{
	if [ "$DB" = mysql ]; then
		start_mariadb
	else
		unlock_database
	fi
}

# check_end ID STATUS: one row, closed once, with its channel.
check_end()
{
	wait_for 40 session_closed "$1" || fail "session $1 is not closed"
	is "channels of session $1" "$(db_query "SELECT COUNT(*),
	    MIN(exit_status), MIN(ended_at) > 0 FROM channels
	    WHERE session_id = $1")" "1|$2|1"
	like "its end" "$(db_query "SELECT ended_at - started_at FROM sessions
	    WHERE id = $1")" '^[0-9]+$'
}

hold_session long web1
hold_session short web1
ids=$(db_query "SELECT id FROM sessions WHERE status = 'active'
    ORDER BY id")
long=$(head -n 1 <<<"$ids")
short=$(tail -n 1 <<<"$ids")

say "the database goes"
database_away
p -v web1@portal true </dev/null >"$T/refused" 2>&1 &
login=$!

say "a session ends, another goes on"
start=$(now_ms)
release_session short 41
took=$(($(now_ms) - start))
[ $took -lt 10000 ] || fail "the end took $took ms without the database"
! is_ended "$HELD_long" || fail "the other session ended"

if [ "$DB" = mysql ]; then
	say "a login is refused in words"
	wait $login
	is "status of a login meanwhile" $? 255
	like "what it reads" "$(cat "$T/refused")" '(^|
)sshportal: .*(database|store)'
fi

say "the keeper is killed, too"
kill -KILL "$(portal_pids keeper)"
hold_more()
{
	[ "$(portal_pids keeper | wc -l)" -eq 1 ]
}
wait_for 20 hold_more || fail "no new keeper"

say "the database is back"
database_back
[ "$DB" = mysql ] || {
	wait $login
	like "status of a login meanwhile" $? '^(0|255)$'
}
check_end "$short" 41
is "the long one" "$(db_query "SELECT status FROM sessions
    WHERE id = $long")" active
release_session long 42
check_end "$long" 42
wait_for 30 p web1@portal true </dev/null >"$T/again" 2>&1 ||
    fail "no login: $(cat "$T/again")"

say "nothing twice, nothing left"
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"
is "records" "$(db_query 'SELECT COUNT(*) = COUNT(DISTINCT record_id)
    FROM applied_records')" 1
is "channels with two rows" "$(db_query 'SELECT COUNT(*) FROM
    (SELECT session_id, seq FROM channels GROUP BY session_id, seq
    HAVING COUNT(*) > 1) twice')" 0
spool_is_empty()
{
	[ -z "$(find "$PORTAL_DIR/sshportal.db.d/spool" -type f -size +0)" ]
}
wait_for 20 spool_is_empty ||
    fail "spool: $(ls -l "$PORTAL_DIR/sshportal.db.d/spool")"

say "daemon, keeper and database gone: the end waits in the spool"
hold_session last web1
id=$(db_query "SELECT id FROM sessions WHERE status = 'active'")
session_pids "$admin web1"
# old enough to look as if dead to whoever does not ask the spool
db_query "UPDATE sessions SET started_at = started_at - 3600
    WHERE id = $id" >/dev/null
database_away KILL
keeper=$(portal_pids keeper)
end_process "$PORTAL_PID" KILL
end_process "$keeper" KILL
PORTAL_PID=
release_session last 43
wait_for 20 is_ended "$MONITOR" || fail "its monitor stays"
! spool_is_empty || fail "nothing is spooled"
database_back
start_portal
check_end "$id" 43
unlike "why it ended" "$(db_query "SELECT error FROM sessions
    WHERE id = $id")" 'without saying why'
wait_for 20 spool_is_empty || fail "the spool is not emptied"
