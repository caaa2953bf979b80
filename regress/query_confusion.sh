#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Offering a key changes nothing: who offers an administrator's public key and
# signs with his own is himself.

. "$TOP/regress/lib.sh"
each_mode
tid "identity comes of a signature, never of an offer"

ready_portal
invite mallory
client stranger

raw()
{
	$PYTHON "$HELPERS/confusion.py" "$PORTAL_PORT" "$@"
}
keys=$T/client

say "offer the administrator's key, sign with mallory's"
ok raw web1 'echo in' query:"$keys/admin" sign:"$keys/mallory"
is "output" "$out" in
session_user()
{
	db_query 'SELECT user_name FROM sessions ORDER BY id DESC LIMIT 1'
}
is "who it was" "$(session_user)" mallory

say "offer two, sign the first"
ok raw web1 'echo in' query:"$keys/mallory" query:"$keys/admin" \
    sign:"$keys/mallory"
is "who it was" "$(session_user)" mallory
ok raw web1 'echo in' query:"$keys/admin" query:"$keys/mallory" \
    sign:"$keys/admin"
is "who it was" "$(session_user)" "$(first_admin)"

say "an administrator's command, after offering an administrator's key"
run raw admin 'user ls' query:"$keys/admin" sign:"$keys/mallory"
[ "$status" -ne 0 ] || fail "mallory may list users: $out"
unlike "output" "$out" example.org

say "offer a known key, sign with an unknown one"
run raw web1 'echo in' query:"$keys/admin" sign:"$keys/stranger"
is "status" "$status" 3		# refused

mallory_or_nobody()
{
	if [ "$status" -eq 0 ]; then
		is "who it was" "$(session_user)" mallory
	else
		is "status" "$status" 3
	fi
}

say "a signature over another's key"
run raw web1 'echo in' query:"$keys/admin" \
    "forge:$keys/admin:$keys/stranger"
is "status" "$status" 3
run raw web1 'echo in' "forge:$keys/admin:$keys/mallory"
is "status" "$status" 3
run raw web1 'echo in' "forge:$keys/admin:$keys/mallory" \
    sign:"$keys/mallory"
mallory_or_nobody

say "another name in the query than in the signature"
run raw web1 'echo in' query:"$keys/admin":admin sign:"$keys/mallory"
mallory_or_nobody

say "a stock client whose agent will not sign with the first key"
start_agent "$T/agent"
agent_client agent "$T/agent"
export SSH_AUTH_SOCK=$T/agent SSH_ASKPASS=/bin/false
ok ssh-add -q -c "$keys/admin"		# asks, is denied
ok ssh-add -q "$keys/mallory"
as agent run p web1@portal echo in
is "output" "$out" in
is "who it was" "$(session_user)" mallory
