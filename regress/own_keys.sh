#!/bin/bash
# SPDX-License-Identifier: ISC
#
# People add a key of theirs with a proof that ssh-keygen makes, and remove
# keys, never the last; they see what is theirs, and an open shell knows when a
# role is gone.
# db: sqlite3 mysql
# cost: 25

. "$TOP/regress/lib.sh"
each_mode
tid "own keys, own hosts"

ready_portal
admin=$(first_admin)
invite bob
invite eve

# feed STATUS FILE CLIENT COMMAND: a command with standard input
feed()
{
	as "$3" p admin@portal "$4" <"$2" >"$T/run.out" 2>"$T/run.err"
	status=$?
	out=$(cat "$T/run.out")
	err=$(cat "$T/run.err")
	is "status of '$4' ($err)" "$status" "$1"
}

say "a public key alone is not enough; what to sign is said"
for type in ed25519 ecdsa rsa; do
	ssh-keygen -q -t "$type" -N '' -C "bob-$type" -f "$T/$type"
done
feed 1 "$T/ed25519.pub" bob 'userkey create'
line=$(grep -oE 'echo sshportal-[0-9a-f]{32} \| ssh-keygen -Y sign -n [a-z@]+ -f' \
    <<<"$err")
like "what to sign" "$line" '^echo sshportal-'

say "the command that it says makes a proof"
sh -c "$line '$T/ed25519'" >"$T/sig" 2>/dev/null || fail "ssh-keygen"
feed 0 "$T/sig" bob 'userkey create --comment=laptop'
like "the id" "$out" '^[0-9]+$'
first=$out
as bob ok p admin@portal userkey ls
like "it is there" "$out" 'bob .*laptop'
like "so is the first" "$out" 'Total: 2 user keys\.'
cp "$T/ed25519" "$T/client/bob2"
client bob2
as bob2 ok p bob@portal userkey ls
like "it lets in" "$out" 'Total: 2 user keys'

say "in one line"
for type in ecdsa rsa; do
	as bob p bob@portal userkey prove >"$T/text"
	ssh-keygen -q -Y sign -n userkey@sshportal -f "$T/$type" <"$T/text" \
	    >"$T/sig" 2>/dev/null || fail "ssh-keygen"
	cat "$T/$type.pub" "$T/sig" >"$T/both"
	feed 0 "$T/both" bob 'userkey create'
	as bob ok p admin@portal userkey ls
	like "$type" "$out" "bob-$type"
done

say "a proof is for who asked for it"
feed 1 "$T/sig" eve 'userkey create'
like "refused" "$err" 'proves nothing'
feed 1 "$T/sig" bob 'userkey create eve'
like "refused" "$err" 'no user of yours'
is "keys" "$(db_query "SELECT COUNT(*) FROM user_keys")" 6

say "removing, never the last"
as bob run_status 1 p admin@portal userkey rm bob
like "why" "$err" 'add another key'
as bob ok p admin@portal userkey rm "$first"
is "keys" "$(db_query "SELECT COUNT(*) FROM user_keys")" 5
as bob2 run p bob@portal userkey ls
[ "$status" -ne 0 ] || fail "a removed key lets in"
as eve run_status 1 p admin@portal userkey rm bob
like "others' are not there" "$err" 'no user key of yours'
as eve run_status 1 p admin@portal userkey rm eve
as admin run_status 1 p admin@portal userkey rm "$admin"
like "nor the administrator's" "$err" 'add another key'
admin event ls
like "events" "$out" 'bob .*userkey .*rm'

say "hosts of one's own"
as bob ok p admin@portal host ls
like "what to type" "$out" 'web1 +web1 '
unlike "no address" "$out" '127\.0\.0\.1'
admin host create 192.0.2.1 --name=far --group="$(
    admin hostgroup create --name=others >/dev/null; echo others)"
as bob ok p admin@portal host ls --quiet
is "ids" "$out" 1

say "an open shell learns that a role is gone, and then the account"
admin user update bob --assign-role=auditor
mkfifo "$T/in"
as bob p bob@portal <"$T/in" >"$T/shell.out" 2>"$T/shell.err" &
shell=$!
exec 9>"$T/in"
echo 'user ls' >&9
wait_for 10 grep -q 'Total: 3 users' "$T/shell.out" || fail "no list"
admin user update bob --unassign-role=auditor
echo 'user ls' >&9
wait_for 10 grep -q 'it takes admin or auditor' "$T/shell.err" ||
    fail "still an auditor"
admin user update bob --disable
wait_for 10 is_ended $shell || fail "still a user"
like "what it says" "$(cat "$T/shell.err")" 'your account is disabled'
exec 9>&-
