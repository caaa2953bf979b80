#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The operator's program has the last word on who reaches what; whatever goes
# wrong with it refuses.

. "$TOP/regress/lib.sh"
each_mode
tid "the ACL hook"

mkdir -m 777 "$T/hook"
hook()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$T/hook/new"
	chmod 755 "$T/hook/new"
	mv -f "$T/hook/new" "$T/hook/run"
}
hook 'echo allow'
ready_portal "" --acl-check-cmd="$T/hook/run"
invite bob

say "allow"
as bob ok p web1@portal echo in
is "output" "$out" in

say "deny: the words of a host that is not there"
hook 'echo deny'
refused "deny" '^sshportal: no host "web1"' p web1@portal true

say "what it is given"
hook "printf '%s\n' \"\$@\" >$T/hook/args; env >$T/hook/env
id -u >$T/hook/uid; readlink /proc/self/fd/* >$T/hook/fds; echo allow"
as bob ok p web1@portal true
is "arguments" "$(wc -l <"$T/hook/args")" 3
is "verdict" "$(sed -n 1p "$T/hook/args")" allow
is "user" "$(sed -n 2p "$T/hook/args" | jq -r '.Name, .Email,
    .Roles[].Name, .Groups[].Name' | tr '\n' ' ')" \
    "bob bob@example.org standard default "
is "host" "$(sed -n 3p "$T/hook/args" | jq -r '.Name, .Account,
    .Groups[].Name' | tr '\n' ' ')" "web1 $HOST_USER default "
unlike "secrets" "$(cat "$T/hook/args" "$T/hook/env")" \
    'PRIVATE|SSHPORTAL|sshportal-key'
unlike "what it has open" "$(cat "$T/hook/fds")" 'sshportal\.db|memfd'
if [ "$PORTAL_MODE" = root ]; then
	is "its uid" "$(cat "$T/hook/uid")" $MONITOR_UID
fi

say "another account there is named to it"
hook "printf '%s\\n' \"\$@\" >$T/hook/asked; echo deny"
as bob refused "as deploy" 'that you may reach as "deploy"$' \
    p deploy+web1@portal true
is "verdict" "$(sed -n 1p "$T/hook/asked")" deny
is "account" "$(sed -n 3p "$T/hook/asked" | jq -r .Account)" deploy
rm "$T/hook/asked"
hook "printf '%s\\n' \"\$@\" >$T/hook/args; echo allow"

say "it can allow what the rules deny"
db_query "DELETE FROM user_user_groups WHERE member_id =
    (SELECT id FROM users WHERE name = 'bob')"
as bob ok p web1@portal echo in
is "output" "$out" in
is "verdict" "$(sed -n 1p "$T/hook/args")" deny

say "what goes wrong refuses"
for body in 'exit 0' 'echo allow; exit 1' 'echo allowed' 'echo ALLOW' \
    'echo deny; echo allow' 'echo allow allow' 'kill -9 $$' \
    'echo allow >&2' 'head -c 1000000 /dev/zero' 'exec /no/such/program'; do
	hook "$body"
	refused "$body" '^sshportal: ' p web1@portal true
done
chmod 644 "$T/hook/run"
refused "not executable" '^sshportal: ' p web1@portal true
rm "$T/hook/run"
refused "not there" '^sshportal: ' p web1@portal true

seconds=$((100000 + RANDOM))	# a sleep that is known again
say "one that does not answer is ended, and all that it started"
hook 'sleep '$seconds' & sleep '$seconds'; echo allow'
start=$(now_ms)
refused "too slow" '^sshportal: ' p web1@portal true
took=$(($(now_ms) - start))
[ $took -lt 10000 ] || fail "it took $took ms"
no_sleepers()
{
	! pgrep -xf "sleep $seconds" >/dev/null
}
wait_for 5 no_sleepers || fail "the hook's children live on"
hook 'sleep '$seconds' & echo allow'
ok p web1@portal true
wait_for 5 no_sleepers || fail "the hook's children live on"

say "no host that is not there is asked about"
hook "echo asked >>$T/hook/asked; echo allow"
refused "no such host" '^sshportal: no host' p nosuch@portal true
[ ! -e "$T/hook/asked" ] || fail "the hook was asked"
