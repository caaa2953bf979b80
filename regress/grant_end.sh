#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Grants with an end: the person is warned on each terminal, the session ends
# when that has come, and not when it was moved meanwhile.
# db: sqlite3 mysql
# cost: 60

. "$TOP/regress/lib.sh"
tid "the end of a grant"

ready_portal
host_has_ptys || skip "the host hands out no terminals"
invite bob
admin usergroup create --name=guests

# terminal NAME LOGIN: a session on a terminal, in the background.
terminal()
{
	mkfifo "$T/$1.in"
	ssh -F "$(conf)" -tt "$2@portal" <"$T/$1.in" >"$T/$1.out" \
	    2>"$T/$1.err" &
	eval "TERMINAL_$1=$!"
	eval "exec {IN_$1}>\"\$T/$1.in\""
	wait_for 20 grep -q "${3:-host> }" "$T/$1.out" ||
	    fail "$1: $(cat "$T/$1.out" "$T/$1.err")"
}

# ends NAME ERE: it does, and the person has read both.
ends()
{
	local pid=TERMINAL_$1

	wait_for 60 is_ended "${!pid}" || fail "session $1 goes on"
	wait "${!pid}"
	is "status of $1" $? 255
	like "what $1 reads" "$(cat "$T/$1.err")" "$warned"
	like "what $1 reads" "$(cat "$T/$1.err")" "$2"
}

warned='sshportal: this session ends at [0-9TZ:-]+, unless your access is extended'

say "of a rule: terminals are warned, a command's output is not touched"
admin user update bob --assign-group=guests --unassign-group=default
admin acl create --ug=guests --pattern='web1' --expiration=+20s
rule=$out
as bob terminal rule web1
as bob hold_session exec web1
ends rule 'sshportal: this session ends: you may no longer reach this host'
wait_for 20 is_ended $HELD_exec || fail "the command goes on"
unlike "the command's output" "$(cat "$T/exec.out")" 'unless'
is_expired()
{
	[ "$(db_query "SELECT COUNT(*) FROM events WHERE domain = 'grant' AND
	    action = 'expired' AND entity = 'web1' AND
	    author_name = 'bob'")" -eq "$1" ]
}
wait_for 10 is_expired 2 || fail "no events"
as bob run p web1@portal true
[ "$status" -ne 0 ] || fail "there is another"

say "one that is moved meanwhile"
admin acl update "$rule" --expiration=+30s
as bob terminal moved web1
wait_for 20 grep -qE "$warned" "$T/moved.err" || fail "no warning"
admin acl update "$rule" --expiration=+2h
say "an account's, and the prompt of the admin shell"
admin user update bob --expires=+15s
as bob terminal prompt bob 'bob'
ends prompt 'sshportal: this session ends: your account has expired'
ends moved 'sshportal: this session ends: your account has expired'
