#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Accounts of a host other than its own: ACCOUNT+HOST, for whom a rule lets be
# that account, by the portal's key and never with the host's password.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "accounts on a host"

# An account that every system has; its shell lets nobody in, but sftp works.
other=nobody
mkdir "$T/keys"
SSHD_CONFIG="AuthorizedKeysCommand /bin/cat $T/keys/%u
AuthorizedKeysCommandUser $HOST_USER"
ready_portal
admin key setup default
sed -n 's/.*\(ssh-ed25519 [A-Za-z0-9+/=]*\).*/\1/p' <<<"$out" |
    head -n 1 >"$T/keys/$other"
like "key" "$(cat "$T/keys/$other")" '^ssh-ed25519 A'
invite bob

# logins ACCOUNT: how often the portal came in there.
logins()
{
	grep -c "^Accepted publickey for $1 " "$T/host/sshd.log"
}

last_account()
{
	db_query 'SELECT account FROM sessions ORDER BY id DESC LIMIT 1'
}

# not_as ACCOUNT: bob may not, and the host is not even asked.
not_as()
{
	local before sessions

	before=$(sshd_logins)
	sessions=$(db_query 'SELECT COUNT(*) FROM sessions')
	as bob refused "as $1" \
	    "^sshportal: no host \"web1\" that you may reach as \"$1\"\$" \
	    p "$1+web1@portal" true
	as bob refused "as $1" \
	    "^sshportal: no host \"web1\" that you may reach as \"$1\"\$" \
	    p "$1+host:web1@portal" true
	is "logins on the host" "$(sshd_logins)" "$before"
	is "sessions" "$(db_query 'SELECT COUNT(*) FROM sessions')" \
	    "$sessions"
}

# as_other: bob is that account there, which only root's sshd lets one be.
as_other()
{
	local before

	[ -n "$IS_ROOT" ] || return 0
	before=$(logins $other)
	as bob run p "$1@portal" true
	is "nologin's status" "$status" 1
	is "logins" "$(logins $other)" $((before + 1))
	is "the session's account" "$(last_account)" $other
	echo "ls /" >"$T/batch"
	as bob ok sftp -F "$T/client/bob.conf" -b "$T/batch" -o User="$1" portal
	like "sftp" "$out" '/etc'
	is "logins" "$(logins $other)" $((before + 2))
}

say "the host's own, whether it is named or not"
before=$(logins "$HOST_USER")
for login in web1 host:web1 "$HOST_USER+web1" "$HOST_USER+host:web1"; do
	as bob ok p "$login@portal" id -un
	is "account" "$out" "$HOST_USER"
done
is "logins" "$(logins "$HOST_USER")" $((before + 4))

say "no other without a rule"
admin acl explain bob web1 --login=$other
like "explained" "$out" '^Verdict: deny\. No ACL'
like "why" "$out" "not the host's own"
not_as $other
not_as root2
like "the log has it" "$(portal_log)" \
    "user bob, host web1, account $other: no grant"
as bob refused "no such host" \
    "^sshportal: no host \"nosuch\" that you may reach as \"$other\"\$" \
    p "$other+nosuch@portal" true

say "a rule for it"
admin acl create --ug=default --hg=default --login="'no[b]*'" -w 5
rule=$out
admin acl explain bob web1 --login=$other
like "explained" "$out" "^Verdict: allow, by ACL $rule\."
as_other "$other+web1"
as_other "$other+host:web1"
not_as root2
as bob ok p web1@portal id -un
is "the host's own still" "$out" "$HOST_USER"
if [ -n "$IS_ROOT" ]; then
	admin session ls
	like "session ls" "$out" " web1 .* $other "
	like "the log has it" "$(portal_log)" \
	    "user bob to host web1 from 127.0.0.1 port [0-9]*, account $other"
fi
admin acl ls
like "acl ls" "$out" 'Login'
admin acl inspect "$rule"
is "acl inspect" "$(jq -r '.[].LoginPattern' <<<"$out")" 'no[b]*'

say "a rule that denies it, in any case; and one that denies all"
admin acl create --ug=default --hg=default --login=NOBODY -a deny
deny=$out
not_as $other
admin acl explain bob web1 --login=$other
like "explained" "$out" "^Verdict: deny, by ACL $deny\."
as bob ok p web1@portal id -un
is "not the host's own" "$out" "$HOST_USER"
admin acl update "$deny" --login=
not_as $other
as bob refused "all" '^sshportal: no host "web1" that you may reach$' \
    p web1@portal true
admin acl rm "$deny"
as_other "$other+web1"

say "a rule for that account is none for the host's own"
admin acl ls -q
for acl in $out; do
	[ "$acl" = "$rule" ] || admin acl rm "$acl"
done
as bob refused "own" '^sshportal: no host "web1" that you may reach$' \
    p web1@portal true
as_other "$other+web1"
admin acl update "$rule" --login="'*'"
as bob ok p web1@portal id -un
is "all of them" "$out" "$HOST_USER"
as_other "$other+web1"

say "accounts that cannot be"
long=$(printf '%0200d' 0)
for account in '' "$long$long"; do
	as bob run p -l "$account+web1" portal true
	is "status" "$status" 255
	unlike "'$account'" "$err" 'no host'
done
as bob refused "empty" '^sshportal: "" cannot be an account on a host' \
    p -l '+web1' portal true

say "a host whose name has a plus in it"
add_host plus
db_query "UPDATE hosts SET name = '$other+web1' WHERE name = 'plus'"
as bob ok p "$other+web1@portal" id -un
is "account" "$out" "$HOST_USER"
is "the session's" "$(last_account)" "$HOST_USER"
as_other "$other+host:web1"
db_query "DELETE FROM hosts WHERE name = '$other+web1'"

say "a password is for the host's own account"
start_odd_host passwordhost bart secret
admin host create "bart:secret@127.0.0.1:$ODD_PORT" --name=pw1
as bob ok p bart+pw1@portal echo in
is "its own" "$out" in
as bob refused "another's" \
    "^sshportal: host \"pw1\" has no key .* not that of \"$other\"" \
    p "$other+pw1@portal" true
admin acl explain bob pw1 --login=$other
like "explained" "$out" "nobody gets in as another account"
