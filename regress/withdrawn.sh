#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What is withdrawn ends at once, and nothing else does: sessions whose user,
# key, host or rule is gone, a prompt of the admin shell, on each of the
# instances that share a database.
# db: sqlite3 mysql
# cost: 40

. "$TOP/regress/lib.sh"
tid "live sessions end with what was granted to them"

ready_portal
invite bob
invite carol

# is_cut NAME ERE: that session ends, and its person reads why.
is_cut()
{
	local pid=HELD_$1

	wait_for 20 is_ended "${!pid}" || fail "session $1 is not cut"
	wait "${!pid}"
	is "status of $1" $? 255
	like "what $1 reads" "$(tr -d '\r' <"$T/$1.out")" \
	    "sshportal: this session ends: $2"
}

# by NAME: the session that user has, or had last.
by()
{
	db_query "SELECT MAX(id) FROM sessions WHERE user_name = '$1'"
}

is_told()
{
	[ "$(db_query "SELECT COUNT(*) FROM events WHERE domain = 'grant' AND
	    action = 'withdrawn' AND entity = '$2' AND
	    author_name = '$1'")" -eq "$3" ]
}

no_shell_sockets()
{
	[ -z "$(find "$T" -name 'shell-*.sock')" ]
}

closed_with()
{
	db_query "SELECT error FROM sessions WHERE id = $1 AND
	    status = 'closed'" | grep -qE "$2"
}

as carol hold_session stays web1

say "a user is disabled"
as bob hold_session user web1
session=$(by bob)
admin user update bob --disable
is_cut user "your account is disabled"
wait_for 10 closed_with "$session" "your account is disabled" ||
    fail "the history does not say why"
wait_for 10 is_told bob web1 1 || fail "no event"
admin user update bob --enable

say "a key is removed"
as bob hold_session key web1
admin userkey rm bob
is_cut key "your key was removed"
p admin@portal userkey create bob <"$T/client/bob.pub" >/dev/null ||
    fail "userkey create"
as bob ok p web1@portal true

say "a rule denies, a group is left, a rule is removed"
admin usergroup create --name=people
as bob hold_session rule web1
admin acl create --ug=people --pattern='web*' --action=deny
deny=$out
admin user update bob --assign-group=people
is_cut rule "you may no longer reach this host"
admin acl rm "$deny"
as bob hold_session group web1
admin user update bob --unassign-group=default
is_cut group "you may no longer reach this host"
admin acl create --ug=people --pattern='web*'
allow=$out
as bob hold_session allowed web1
admin acl rm "$allow"
is_cut allowed "you may no longer reach this host"

say "a host is removed"
admin user update bob --assign-group=default
add_host web2
as bob hold_session host web2
admin host rm web2
is_cut host "the host was removed"

say "who works at the machine withdraws too"
as bob hold_session local web1
as_starter admin "${DB_FLAGS[@]}" user update bob --disable >/dev/null ||
    fail "user update by the machine's administrator"
is_cut local "your account is disabled"
admin user update bob --enable

say "a prompt of the admin shell ends, idle as it is"
admin user update carol --assign-role=auditor
mkfifo "$T/prompt.in"
ssh -F "$(as carol conf)" -tt carol@portal <"$T/prompt.in" \
    >"$T/prompt.out" 2>&1 &
prompt=$!
exec {prompt_in}>"$T/prompt.in"
wait_for 20 grep -q 'carol' "$T/prompt.out" || fail "no prompt"
invite dave
as dave hold_session dave web1
admin user update carol --disable
wait_for 20 is_ended $prompt || fail "the prompt stays"
like "what it says" "$(cat "$T/prompt.out")" 'your account is disabled'
exec {prompt_in}>&-
is_cut stays "your account is disabled"
wait_for 10 no_shell_sockets || fail "its socket stays"

say "a keeper that was killed looks when it is back"
as bob hold_session killed web1
db_query "UPDATE users SET disabled = 1 WHERE name = 'bob'"
kill -KILL "$(portal_pids keeper)"
is_cut killed "your account is disabled"

say "and all this time, who lost nothing goes on"
release_session dave 7
wait_for 10 sessions_are 0 || fail "a session goes on"
