#!/bin/bash
# SPDX-License-Identifier: ISC
#
# 32 logins at the same time, again and again, by several people.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "32 logins at once"

ready_portal
invite bob
invite carol
people=(admin bob carol)

for round in 1 2 3 4; do
	for i in $(seq 32); do
		as "${people[i % 3]}" p web1@portal \
		    "echo $round.$i; exit $((i + 100))" \
		    </dev/null >"$T/out.$i" 2>&1 &
		pids[i]=$!
	done
	for i in $(seq 32); do
		wait "${pids[i]}"
		status=$?
		is "status of login $round.$i ($(cat "$T/out.$i"))" \
		    "$status" $((i + 100))
		is "output of login $round.$i" "$(cat "$T/out.$i")" "$round.$i"
	done
done

say "each has its row, and each row its end"
all_closed()
{
	[ "$(db_query "SELECT COUNT(*) FROM sessions
	    WHERE status = 'closed' AND ended_at >= started_at
	    AND ended_at > 0")" -eq 128 ]
}
wait_for 10 all_closed || fail "sessions: $(db_query \
    'SELECT status, COUNT(*) FROM sessions GROUP BY status')"
is "sessions of bob" "$(db_query "SELECT COUNT(*) FROM sessions
    WHERE user_name = 'bob'")" 44
is "channels" "$(db_query 'SELECT COUNT(*) FROM channels')" 128
is "exit statuses" "$(db_query 'SELECT MIN(exit_status), MAX(exit_status),
    COUNT(DISTINCT exit_status) FROM channels')" "101|132|32"
