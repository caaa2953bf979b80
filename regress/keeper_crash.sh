#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The keeper dies again and again while sessions come and go: each end is
# written exactly once.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "a keeper that is killed loses nothing"

ready_portal

one_keeper()
{
	[ "$(portal_pids keeper | wc -l)" -eq 1 ]
}

killed=0
for round in 1 2 3 4; do
	pids=()
	for i in $(seq 12); do
		p web1@portal "exit $((round * 20 + i))" </dev/null \
		    >"$T/out.$i" 2>&1 &
		pids[i]=$!
		if [ $i -eq 6 ]; then
			# the one before it may have died a moment ago
			wait_for 30 one_keeper || fail "no keeper to kill"
			for pid in $(portal_pids keeper); do
				kill -KILL "$pid" && killed=$((killed + 1))
			done
		fi
	done
	for i in $(seq 12); do
		wait "${pids[i]}"
		status=$?
		is "status of $round.$i ($(cat "$T/out.$i"))" "$status" \
		    $((round * 20 + i))
	done
done
[ $killed -ge 4 ] || fail "only $killed keepers were killed"
echo "$killed keepers were killed"

say "a new one comes"
wait_for 30 one_keeper || fail "keepers: $(portal_pids keeper)"
all_closed()
{
	[ "$(db_query "SELECT COUNT(*) FROM sessions
	    WHERE status = 'closed'")" -eq 48 ]
}
wait_for 40 all_closed || fail "$(db_query 'SELECT status, COUNT(*)
    FROM sessions GROUP BY status')"
is "channels" "$(db_query 'SELECT COUNT(*), COUNT(DISTINCT session_id),
    COUNT(DISTINCT exit_status), MIN(ended_at) > 0 FROM channels')" \
    "48|48|48|1"
is "ends without a status" "$(db_query 'SELECT COUNT(*) FROM channels
    WHERE exit_status < 0')" 0

say "two keepers cannot be had"
wait_for 10 one_keeper || fail "keepers: $(portal_pids keeper)"
is "events sealed by one hand" "$(db_query 'SELECT COUNT(*) FROM
    (SELECT seal_no FROM events WHERE seal_no IS NOT NULL GROUP BY seal_no
    HAVING COUNT(*) > 1) twice')" 0
