#!/bin/bash
# SPDX-License-Identifier: ISC
#
# How a program ended arrives as the host tells it: a status, a signal with what
# belongs to it, or nothing at all.
# cost: 20

. "$TOP/regress/lib.sh"
tid "a program's end is told as the host tells it"

start_portal
client admin
redeem
start_odd_host oddhost
admin host create "bart@127.0.0.1:$ODD_PORT" --name=odd1

# ends COMMAND WORDS: what is told of the end.
ends()
{
	ok $PYTHON "$HELPERS/oddclient.py" "$PORTAL_PORT" odd1 \
	    "$T/client/admin" end "$1"
	is "end of '$1'" "$out" "$2"
}

say "a status"
ends 'status 0' 'status 0'
ends 'status 7' 'status 7'
ends 'status 255' 'status 255'
ends 'late 0' 'status 0'
run_status 0 p odd1@portal status 0

say "none"
ends 'none' 'none'
run_status 255 p odd1@portal none
is "output" "$out" running
run_status 255 p -tt odd1@portal none

say "a signal"
ends 'signal TERM 0 ' 'signal TERM 0 '
ends 'signal SEGV 1 it fell over' 'signal SEGV 1 it fell over'
long=$(printf '%*s' 1000 '' | tr ' ' x)
ends "signal ABRT 0 $long" "signal ABRT 0 $long"
ends "signal ABRT 1 $long$long" "signal ABRT 1 ${long}xxxxxxxxxxxxxxxxxxxxxxxx"

say "several at once over one connection"
ok p -M -S "$T/mux" -o ControlPersist=600 -fN odd1@portal
for i in 1 2 3 4 5 6; do
	timeout --foreground 60 ssh -F "$(conf)" -S "$T/mux" odd1@portal \
	    "late $((i % 2 * 30 + i))" <<<go >"$T/end.$i" 2>&1 &
	eval "pid_$i=$!"
done
timeout --foreground 60 ssh -F "$(conf)" -S "$T/mux" odd1@portal none \
    </dev/null >"$T/end.none" 2>&1 &
pid_none=$!
for i in 1 2 3 4 5 6; do
	eval "wait \$pid_$i"
	is "status of $i" $? $((i % 2 * 30 + i))
done
wait $pid_none
is "status of none" $? 255
ok p -S "$T/mux" -O exit odd1@portal

say "the portal writes down the same"
written()
{
	[ "$(db_query "SELECT COUNT(*) FROM channels WHERE type = 'exec'
	    AND detail LIKE '$1' AND $2")" -eq "$3" ]
}
wait_for 10 written 'none' \
    "exit_status = -1 AND exit_signal = '' AND ended_at > 0" 4 ||
    fail "none: $(db_query 'SELECT * FROM channels')"
wait_for 10 written 'status 0' 'exit_status = 0' 2 ||
    fail "status 0: $(db_query 'SELECT * FROM channels')"
wait_for 10 written 'signal SEGV%' "exit_signal = 'SEGV'" 1 ||
    fail "signal: $(db_query 'SELECT * FROM channels')"
