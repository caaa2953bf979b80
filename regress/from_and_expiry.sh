#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Where people and their keys may come from, and until when: refusals that say
# nothing to the one who is refused, and the reason to the operator.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "--from and --expires"

# what is refused here would soon be a penalty
portal_config <<'END'
per-source-penalty-exempt-list: 127.0.0.0/8
END
ready_portal
invite bob
client admin

# gets_in LOGIN ADDRESS: bob, from there, to a host and to the shell.
gets_in()
{
	as bob ok p -b "$1" web1@portal echo in
	is "output" "$out" in
	as bob ok p -b "$1" bob@portal version
}

# kept_out ADDRESS REASON: he reads what strangers read; the log has the reason.
kept_out()
{
	local before line

	line="User bob from $1 not allowed because $2\$"
	before=$(log_count "$line")
	for login in web1 bob admin; do
		as bob run_status 255 p -b "$1" "$login@portal" true
		like "client" "$err" 'Permission denied \(publickey\)'
		unlike "client" "$err" 'sshportal|address|expired|account'
	done
	wait_for 5 log_has_many "$line" $((before + 3)) ||
	    fail "no such line: $line"
}

# key_of USER: the id of their first key.
key_of()
{
	admin user inspect "$1"
	jq -r '.[].Keys[0].ID' <<<"$out"
}

gets_in 127.0.0.1
key=$(key_of bob)
like "key" "$key" '^[0-9]+$'

say "the person's networks"
admin user update bob --from=127.0.0.2,10.0.0.0/8 --from=2001:db8::/32
gets_in 127.0.0.2
kept_out 127.0.0.1 'account is not for this address'
admin user inspect bob
is "inspect" "$(jq -r '.[].AllowedFrom' <<<"$out")" \
    '127.0.0.2,10.0.0.0/8,2001:db8::/32'
admin user update bob --from=127.0.0.0/30
gets_in 127.0.0.3
kept_out 127.0.0.4 'account is not for this address'
run_status 1 as admin p admin@portal user update bob --from=127.0.0.1/8
like "not a network" "$err" 'zeroes behind its bits'

say "and the key's: both count"
admin userkey update "$key" --from=127.0.0.2/31
gets_in 127.0.0.2
kept_out 127.0.0.1 'key is not for this address'
kept_out 127.0.0.4 'account is not for this address'
admin user update bob --from=127.0.0.1
kept_out 127.0.0.1 'key is not for this address'
kept_out 127.0.0.2 'account is not for this address'
admin userkey ls
like "userkey ls" "$out" '127\.0\.0\.2/31'
admin user update bob --unset-from
gets_in 127.0.0.3
admin userkey update "$key" --unset-from
gets_in 127.0.0.1

say "until when"
admin userkey update "$key" --expires=+1d
gets_in 127.0.0.1
run_status 1 as admin p admin@portal userkey update "$key" --expires=-1h
like "in the past" "$err" 'expires is in the past'
db_query "UPDATE user_keys SET expires_at = 1000000000 WHERE id = $key"
kept_out 127.0.0.1 'key is expired'
client second
as admin p admin@portal userkey create bob --expires=+1d --from=127.0.0.2 \
    <"$T/client/second.pub" >"$T/userkey.out" || fail "userkey create"
# his client offers both keys, and the one that is good lets him in
cp "$T/client/bob.conf" "$T/client/both.conf"
sed -i "s|IdentityFile $T/client/bob|&\n	IdentityFile $T/client/second|" \
    "$T/client/both.conf"
as both ok p -b 127.0.0.2 web1@portal true
as both run_status 255 p -b 127.0.0.3 web1@portal true
kept_out 127.0.0.1 'key is expired'
admin userkey update "$key" --unset-expires
gets_in 127.0.0.1
admin user update bob --expires=+1d
gets_in 127.0.0.1
db_query "UPDATE users SET expires_at = 1000000000 WHERE name = 'bob'"
kept_out 127.0.0.1 'account is expired'
admin user update bob --unset-expires
gets_in 127.0.0.1

say "an invite is good from there alone, and not used up from elsewhere"
admin user invite carol@example.org --from=127.0.0.2
token=$(grep -oE 'invite:[A-Za-z0-9_-]+' <<<"$out")
client carol
as carol run_status 255 p "$token@portal"
unlike "client" "$err" sshportal
line='invite of carol from 127\.0\.0\.1 port [0-9]+ refused: '
line+='the account is not for this address$'
wait_for 5 log_has "$line" || fail "no such line: $line"
as carol ok p -b 127.0.0.2 "$token@portal"
as carol ok p -b 127.0.0.2 web1@portal true
as carol run_status 255 p web1@portal true

say "an account that is made with both"
client dora
admin user create dora --key="'$(cat "$T/client/dora.pub")'" \
    --from=127.0.0.3 --expires=+1h
as dora ok p -b 127.0.0.3 web1@portal true
as dora run_status 255 p web1@portal true

say "no administrator shuts the door behind themselves"
root=$(first_admin)
run_status 1 as admin p admin@portal user update "$root" --from=10.0.0.0/8
like "from" "$err" 'would keep you out: you come from 127\.0\.0\.1'
run_status 1 as admin p admin@portal user update "$root" --expires=+1h
like "expires" "$err" 'from then on no administrator'
root_key=$(key_of "$root")
run_status 1 as admin p admin@portal userkey update "$root_key" --expires=+1h
like "key" "$err" 'from then on no administrator'
admin version

say "who has done it all the same comes back at the machine"
db_query "UPDATE users SET allowed_from = '10.0.0.0/8' WHERE name = '$root'"
as admin run_status 255 p admin@portal version
ok as_starter admin "${DB_FLAGS[@]}" user update "$root" --unset-from
admin version
