#!/bin/bash
# SPDX-License-Identifier: ISC
#
# config backup on one portal, config restore on another: its people reach its
# hosts as before, with the host key that they know. What cannot be restored
# changes nothing.
# cost: 30

. "$TOP/regress/lib.sh"
each_mode
tid "a backup moves to another portal"

ready_portal
invite bob
hosts=$T/client/known_hosts
ok p web1@portal true
ok p admin@portal config backup
printf '%s\n' "$out" >"$T/sealed.json"
ok p admin@portal config backup --decrypt --indent
printf '%s\n' "$out" >"$T/clear.json"
unlike "sealed" "$(<"$T/sealed.json")" 'PRIVATE KEY'
like "in clear" "$(<"$T/clear.json")" 'BEGIN PRIVATE KEY'
admin event ls
like "who has them is known" "$out" 'config +backup .*decrypt'

say "another portal, with another master key"
stop_portal
mv "$PORTAL_DIR" "$T/first"
mv "$hosts" "$T/known_hosts"
start_portal
redeem
admin host ls --quiet
is "hosts before" "$out" ''

# restore FILE [flag ...]: leaves $status, $out and $err.
restore()
{
	local file=$1

	shift
	p admin@portal config restore "$@" <"$file" >"$T/run.out" \
	    2>"$T/run.err"
	status=$?
	out=$(<"$T/run.out")
	err=$(tr -d '\r' <"$T/run.err")
}

# not_restored ERE FILE: and nothing was touched.
not_restored()
{
	local before all="SELECT COUNT(*) FROM events WHERE domain <> 'login'"

	all+='; SELECT * FROM users'
	before=$(db_query "$all")
	restore "$2" --confirm
	is "status ($err)" "$status" 1
	like "why" "$err" "nothing was restored: .*$1"
	is "what is there" "$(db_query "$all")" "$before"
}
not_restored 'sealed with the master key' "$T/sealed.json"
head -c $(($(stat -c %s "$T/clear.json") - 100)) "$T/clear.json" \
    >"$T/cut.json"
not_restored 'cut short' "$T/cut.json"
restore "$T/clear.json"
is "status of a look" "$status" 1
like "what it would do" "$err" '--confirm would replace'
like "what is in it" "$out" 'users +2 '

say "restored"
restore "$T/clear.json" --confirm
is "status ($err)" "$status" 0
like "what is said" "$out" 'Restored'
stop_portal
start_portal
mv "$T/known_hosts" "$hosts"
ok p web1@portal true
as bob ok p web1@portal true
admin host inspect web1
is "its groups" "$(jq -r '.[].Groups[].Name' <<<"$out")" default
is "its key" "$(jq -r '.[].SSHKey.Name' <<<"$out")" default
stop_portal
db_flags
run as_starter verify "${DB_FLAGS[@]}"
is "the audit log's seals ($out$err)" "$status" 0
