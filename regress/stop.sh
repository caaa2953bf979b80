#!/bin/bash
# SPDX-License-Identifier: ISC
#
# session stop: the person reads why, and it is over, also where a process
# hangs, a client reads nothing, the keeper was killed, or the session is
# another instance's; and of many sessions those that lost their grant end, and
# no other notices.
# db: sqlite3 mysql
# timeout: 600
# cost: 90

. "$TOP/regress/lib.sh"
tid "sessions are stopped"

MANY=${MANY:-30}	# sessions of each of two people, at the end

ready_portal
invite bob
invite carol
as carol hold_session stays web1

# newest NAME: the last session of that user.
newest()
{
	db_query "SELECT MAX(id) FROM sessions WHERE user_name = '$1'"
}

# is_over NAME STATUS: that client has ended.
is_over()
{
	local pid=HELD_$1

	wait_for 20 is_ended "${!pid}" || fail "session $1 is not stopped"
	wait "${!pid}"
	is "status of $1" $? "$2"
}

# stopped ID WORDS ...: the command says that it has ended.
stopped()
{
	local id=$1

	shift
	admin session stop "$id" "$@"
	like "what the command says" "$out" "^ID .*
 *$id .* ended"
	session_closed "$id" || fail "session $id is not closed"
}

say "the person reads why, and so do history and audit log"
as bob hold_session one web1
id=$(newest bob)
stopped "$id" "--reason='lunch time'"
is_over one 255
like "what is read" "$(cat "$T/one.out")" \
    'sshportal: this session was stopped: lunch time'
like "history" "$(db_query "SELECT error FROM sessions WHERE id = $id")" \
    'stopped: lunch time$'
is "event" "$(db_query "SELECT author_name, session_id, args FROM events
    WHERE domain = 'session' AND action = 'stop'")" \
    "$(first_admin)|$id|{\"host\":\"web1\",\"reason\":\"lunch time\",\"user\":\"bob\"}"
admin session stop "$id"
like "once more" "$out" ' had ended'

say "several at once, at the machine itself, without a reason"
as bob hold_session two web1
two=$(newest bob)
as bob hold_session three web1
as_starter admin "${DB_FLAGS[@]}" session stop "$two" "$(newest bob)" \
    >"$T/local.txt" || fail "locally: $(cat "$T/local.txt")"
is "ended" "$(grep -c ' ended' "$T/local.txt")" 2
is_over two 255
is_over three 255
like "what is read" "$(cat "$T/two.out")" \
    'sshportal: this session was stopped[[:cntrl:]]*$'

say "a child that hangs is killed"
as bob hold_session stuck web1
session_pids "bob web1"
kill -STOP "$CHILD"
stopped "$(newest bob)" --reason=stuck
is_over stuck 255
wait_for 10 is_ended "$CHILD" || fail "the child stays"

say "a client that reads nothing holds nobody up"
ssh -F "$(as bob conf)" web1@portal "cat /dev/zero" >/dev/null 2>&1 &
reader=$!
wait_for 20 has_one_monitor "bob web1" || fail "no session"
kill -STOP $reader
stopped "$(newest bob)" --reason=deaf
kill -CONT $reader
wait_for 20 is_ended $reader || fail "the client goes on"

say "without a keeper"
as bob hold_session alone web1
id=$(newest bob)
keeper=$(portal_pids keeper)
kill -STOP "$keeper"
run p admin@portal "session stop $id --reason=alone"
is_over alone 255
like "what is read" "$(cat "$T/alone.out")" 'stopped: alone'
kill -CONT "$keeper"
wait_for 20 session_closed "$id" || fail "the row stays"

if [ "$DB" = mysql ]; then
	say "on another instance"
	other=$T/other
	first=("$PORTAL_DIR" "$PORTAL_PID" "$PORTAL_PORT" "$LOG_START")
	mkdir "$other"
	chown --reference="$PORTAL_DIR" "$other"
	cp -p "$PORTAL_DIR/master.key" "$other"
	PORTAL_DIR=$other PORTAL_PORT=
	start_portal
	second=$PORTAL_PID
	as bob hold_session near web1
	near=$(newest bob)
	cp "$T/client/carol.conf" "$T/carol.conf"
	client bob
	as bob hold_session far web1
	far=$(newest bob)
	as bob hold_session cut web1
	cut=$(newest bob)
	PORTAL_DIR=${first[0]} PORTAL_PID=${first[1]} PORTAL_PORT=${first[2]}
	LOG_START=${first[3]}
	client bob
	is "instances" "$(db_query "SELECT COUNT(DISTINCT instance_id)
	    FROM sessions WHERE id IN ($near, $far)")" 2
	stopped "$far" --reason=faraway
	is_over far 255
	like "what is read" "$(cat "$T/far.out")" 'stopped: faraway'
	say "and what is withdrawn here ends there"
	admin user update bob --disable
	is_over cut 255
	like "what is read" "$(cat "$T/cut.out")" 'your account is disabled'
	is_over near 255
	wait_for 10 session_closed "$cut" || fail "the row stays"
	admin user update bob --enable
	end_process "$second" INT || fail "the other portal does not end"
	say "which does not run any more: that is said"
	db_query "UPDATE sessions SET status = 'active' WHERE id = $far"
	db_query "UPDATE instances SET heartbeat_at = 1
	    WHERE id = (SELECT instance_id FROM sessions WHERE id = $far)"
	run_status 1 as admin p admin@portal "session stop $far"
	like "what the command says" "$out" 'its portal does not run'
	db_query "UPDATE sessions SET status = 'closed' WHERE id = $far"
fi

say "of $MANY and $MANY sessions those of one person end, by one rule"
many()
{
	local name=$1 i

	for ((i = 0; i < MANY; i++)); do
		ssh -F "$T/client/$name.conf" -N web1@portal \
		    >/dev/null 2>>"$T/many.$name" &
		PIDS+=($!)
		wait_for 20 sessions_are $((++count)) ||
		    fail "session $count: $(cat "$T/many.$name")"
	done
}
count=1 PIDS=()
many bob
bobs=("${PIDS[@]}")
PIDS=()
many carol
admin usergroup create --name=people
admin user update bob --assign-group=people
admin acl create --ug=people --pattern='*' --action=deny
begun=$(now_ms)
wait_for 60 sessions_are $((MANY + 1)) ||
    fail "$(active_sessions) sessions go on"
echo "ended after $(($(now_ms) - begun)) ms"
for pid in "${bobs[@]}"; do
	wait_for 20 is_ended "$pid" || fail "a client goes on"
done
is "reasons" "$(db_query "SELECT COUNT(*) FROM sessions WHERE error LIKE
    '%you may no longer reach this host'")" "$MANY"
for pid in "${PIDS[@]}"; do
	! is_ended "$pid" || fail "somebody else's session has ended"
	kill "$pid"
done
wait_for 60 sessions_are 1 || fail "$(active_sessions) sessions go on"
release_session stays 7
