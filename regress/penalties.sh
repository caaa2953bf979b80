#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Limits and penalties per source address: who is shut out, why, for how long,
# and who is not.
# cost: 60

. "$TOP/regress/lib.sh"
each_mode
tid "limits and penalties per source"

# Times so long that none passes by chance: four failures are too many.
LONG='authfail:100s noauth:0 crash:0 grace-exceeded:0 refuseconnection:0'
LONG="per-source-penalties: $LONG min:350s max:400s"
EXEMPT=none
round=0

# settings [line ...]: what the portal is to have.
settings()
{
	portal_config <<-END
	per-source-penalty-exempt-list: $EXEMPT
	healthcheck-user: health-$round
	$(printf '%s\n' "$@")
	END
}

healthy()
{
	[ "$(p -b 127.0.0.250 "health-$round@portal" </dev/null \
	    2>/dev/null)" = OK ]
}

# The same for a portal that runs; returns when they hold.
reload()
{
	round=$((round + 1))
	settings "$@"
	kill -HUP "$PORTAL_PID"
	wait_for 30 healthy || fail "the settings of round $round do not hold"
}

served_from()
{
	p -b "$1" web1@portal true </dev/null >/dev/null 2>&1
}

served()
{
	wait_for 20 served_from "$1" || fail "$1 does not get in"
}

# knock NAME SOURCE: a connection that says nothing; its first line is $said.
knock()
{
	: >"$T/$1.out"
	$PYTHON "$HELPERS/knock.py" "$PORTAL_PORT" "$2" \
	    </dev/null >"$T/$1.out" 2>&1 &
	eval "KNOCK_$1=$!"
	wait_for 20 test -s "$T/$1.out" || fail "$1 from $2 is told nothing"
	said=$(cat "$T/$1.out")
}

leave()
{
	eval "end_process \$KNOCK_$1" || fail "$1 stays"
}

# What a connection from an address is told.
greeting()
{
	knock once "$1"
	leave once
}

shut_out()
{
	greeting "$1"
	is "what $1 is told" "$said" "Not allowed at this time"
}

penalised()
{
	wait_for 20 log_has "penalty: $1 is refused for $2 s: $3" ||
	    fail "no penalty of $1 for: $3"
}

fails_from()
{
	as stranger run_status 255 p -b "$1" web1@portal true
	like "what a stranger reads" "$err" 'Permission denied'
}

settings "$LONG"
ready_portal
client stranger

say "failed logins add up, below the minimum they cost nothing"
hold_session before web1
for i in 1 2 3; do
	fails_from 127.0.0.1
	ok p web1@portal echo in
	is "output after $i" "$out" in
done
! log_has 'penalty:' || fail "a penalty already: $(portal_log)"
fails_from 127.0.0.1
penalised 127.0.0.1/32 '(3[0-9][0-9]|400)' 'failed authentication'
shut_out 127.0.0.1
run_status 255 p web1@portal true
log_has 'refused connection from 127\.0\.0\.1:[0-9]+: penalty: failed' ||
    fail "nothing in the log about the refusal"
is "lines about the penalty" "$(portal_log | grep -c 'is refused for')" 1
! is_ended "$HELD_before" || fail "a live session ended"

say "another source is not concerned"
ok p -b 127.0.0.2 web1@portal echo in
is "output" "$out" in

say "it outlives a reload"
reload "$LONG"
shut_out 127.0.0.1

say "who is exempt gets in, and gets no penalty"
EXEMPT='[10.0.0.0/8, 127.0.0.0/31]' reload "$LONG"
for i in 1 2 3 4; do
	fails_from 127.0.0.1
done
ok p web1@portal true
reload "$LONG"
shut_out 127.0.0.1

say "switched off, nobody has one"
reload "per-source-penalties: no"
for i in 1 2 3 4; do
	fails_from 127.0.0.1
done
ok p web1@portal true

say "its time passes, and the source gets in again"
reload "per-source-penalties: authfail:2s min:1s max:2s"
fails_from 127.0.0.3
penalised 127.0.0.3/32 2 'failed authentication'
served 127.0.0.3

say "a block, and no other"
reload "per-source-penalties: authfail:100s min:1s max:100s" \
    "per-source-net-block-size: 28:64"
fails_from 127.0.0.17
penalised 127.0.0.16/28 100 'failed authentication'
shut_out 127.0.0.31
served 127.0.0.32

say "what a person does is no reason"
ALL='crash:100s authfail:100s noauth:100s grace-exceeded:100s'
ALL="per-source-penalties: $ALL refuseconnection:100s min:1s max:100s"
reload "$ALL"
for i in 1 2 3 4 5; do
	ok p -b 127.0.0.40 "health-$round@portal"
	is "a health check" "$out" OK
done
ok p -b 127.0.0.40 -o IdentityFile="$T/client/stranger" web1@portal true
ok p -b 127.0.0.40 admin@portal host ls
run_status 7 p -b 127.0.0.40 web1@portal exit 7
run_status 255 p -b 127.0.0.40 nosuchhost@portal true
served 127.0.0.40
! log_has 'penalty: 127\.0\.0\.40' || fail "a penalty: $(portal_log)"

say "each of the others has its name in the log"
knock silent 127.0.0.41
leave silent
penalised 127.0.0.41/32 100 'connections without attempting authentication'
shut_out 127.0.0.41

invite bob
db_query "UPDATE users SET disabled = 1 WHERE name = 'bob'"
as bob run_status 255 p -b 127.0.0.42 web1@portal true
penalised 127.0.0.42/32 100 'account disabled or expired'

# a crash re-executes the daemon, and the penalty is the next one's too
knock crash 127.0.0.43
session_pids "[127.0.0.43]"
kill -ABRT "$CHILD"
penalised 127.0.0.43/32 100 'caused crash'
wait_for 20 log_has 'executing anew' || fail "the daemon goes on as it is"
shut_out 127.0.0.43
leave crash

reload "$ALL" "login-grace-time: 1s"
knock slow 127.0.0.45
penalised 127.0.0.45/32 100 'exceeded login-grace-time'
shut_out 127.0.0.45
leave slow

say "places for logins"
reload "per-source-penalties: no" "per-source-max-startups: 3"
for i in 1 2 3; do
	knock "place$i" 127.0.0.50
	like "greeting $i" "$said" '^SSH-2\.0-'
done
too_many()
{
	greeting 127.0.0.50
	is "what the fourth is told" "$said" "Exceeded MaxStartups"
}
too_many
log_has 'from 127\.0\.0\.50:[0-9]+: past per-source-max-startups \(3' ||
    fail "nothing in the log about it"
served_from 127.0.0.51 || fail "another source is refused too"
reload "per-source-penalties: no" "per-source-max-startups: 3" \
    "login-grace-time: 59s"
too_many
leave place1
served 127.0.0.50
leave place2
leave place3

say "places for connections"
reload "per-source-penalties: no" "per-source-max-connections: 2"
hold_session one web1 -b 127.0.0.52
hold_session two web1 -b 127.0.0.52
shut_out 127.0.0.52
log_has 'past per-source-max-connections \(2' || fail "nothing in the log"
served_from 127.0.0.53 || fail "another source is refused too"
release_session one 1
served 127.0.0.52
release_session two 2

say "who has logged in is known by name: no address is to blame"
reload "$ALL"
session_pids "$(first_admin) web1"
kill -ABRT "$CHILD"
wait_for 20 is_ended "$MONITOR" || fail "its monitor stays"
wait_for 20 log_has "child $CHILD of monitor $MONITOR .*crashed" ||
    fail "not a word in the log about the crash"
wait_for 20 is_ended "$HELD_before" || fail "its client stays"
! log_has 'penalty: 127\.0\.0\.1/32 .*crash' || fail "a penalty for it"
served 127.0.0.1
