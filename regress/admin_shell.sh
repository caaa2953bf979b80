#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The admin shell: each command one by one, as one-shot commands and on a
# terminal; who may do what; what is printed.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
each_mode
tid "the admin shell"

ready_portal
admin=$(first_admin)
invite bob

say "version, help, exit"
admin version
like "version" "$out" '^sshportal [0-9]+\.'
for help in help h 'host help' 'host create --help' 'host create -h' \
    'help host'; do
	admin "$help"
	like "$help" "$out" 'host'
done
admin exit
is "output" "$out" ''

say "hosts"
admin host create bart@192.0.2.7:2022 --name=lisa \
    --comment="'two words'"
like "id alone" "$out" '^[0-9]+$'
id=$out
admin host ls
like "columns" "$out" 'ID +.*Name +.*URL +.*Key +.*Groups +.*Updated'
like "row" "$out" "$id .*lisa .*bart@192\.0\.2\.7:2022.*two words"
like "total" "$out" 'Total: 2 hosts\.'
admin host ls --quiet
is "ids" "$(tr '\n' ' ' <<<"$out")" "$id $((id - 1)) "
admin host ls --latest --quiet
is "latest" "$out" "$id"
admin host create root@192.0.2.8
admin host ls
like "name of an address" "$out" ' 192\.0\.2\.8 '
admin host create root@db.example.org
admin host ls
like "name of a name" "$out" ' db '
admin host rm db "$id"
admin host ls
unlike "after rm" "$out" 'lisa|db\.example'

say "errors: on stderr, 1 for failures, 2 for usage, nothing done"
# bad STATUS ERE COMMAND
bad()
{
	run p admin@portal "$3"
	is "status of '$3' ($err)" "$status" "$1"
	like "'$3'" "$err" "$2"
	is "output of '$3'" "$out" ''
}
before=$(db_query 'SELECT COUNT(*) FROM hosts; SELECT COUNT(*) FROM users')
bad 1 '^error: .*web1' 'host create root@127.0.0.1 --name=web1'
bad 1 '^error: .*nosuch' 'host rm nosuch'
bad 1 '^error: .*nosuch' 'host rm web1 nosuch'
bad 1 '^error: .*nogroup' 'host create root@127.0.0.1 --group=nogroup'
bad 1 '^error: .*nokey' 'host create root@127.0.0.1 --key=nokey'
bad 2 '^error: ' 'host create'
bad 2 '^error: ' 'host create a b'
bad 2 '^error: .*--nonsense' 'host create root@x --nonsense'
bad 2 '^error: ' 'host nonsense'
bad 2 '^error: ' 'nonsense'
bad 2 '^error: ' "host create 'unclosed"
bad 1 '^error: .*99999' 'host create root@127.0.0.1:99999'
bad 1 '^error: ' 'user invite bob@example.org'
bad 1 '^error: .*host' 'key setup host'
is "rows" "$(db_query 'SELECT COUNT(*) FROM hosts;
    SELECT COUNT(*) FROM users')" "$before"

say "users"
admin user ls
like "columns" "$out" 'ID +.*Name +.*Email +.*Roles +.*Keys +.*Groups'
like "row" "$out" 'bob .*bob@example\.org'
admin user invite carol@example.org
like "invite" "$out" 'invite:[a-z0-9]+'
admin user ls
like "name" "$out" ' carol '

say "keys"
for spec in 'ed25519 256' 'ecdsa 384' 'rsa 2048'; do
	set -- $spec
	admin key create --name="new-$1" --type="$1" --length="$2"
	like "id" "$out" '^[0-9]+$'
	admin key inspect "new-$1"
	is "what it is" "$(jq -r '.[0].Name, .[0].Type, .[0].Length,
	    .[0].PrivKey' <<<"$out" | tr '\n' ' ')" "new-$1 $1 $2  "
	unlike "no secret" "$out" 'PRIVATE'
done
bad 2 '^error: .*dsa' 'key create --type=dsa'
admin key ls
like "row" "$out" 'default .*ed25519'
admin key inspect default --decrypt
like "for an administrator" "$(jq -r '.[0].PrivKey' <<<"$out")" \
    'BEGIN (OPENSSH )?PRIVATE KEY'
admin key setup default
like "one shell line" "$out" 'authorized_keys'
is "lines" "$(wc -l <<<"$out")" 1

say "sessions and events"
as bob ok p web1@portal true
ended()
{
	sessions_are 0
}
wait_for 10 ended || fail "a session is left"
admin session ls
like "row" "$out" 'bob .*web1 .*closed'
admin session ls --active
like "none" "$out" 'Total: 0 sessions\.'
admin session stop 1
like "too late" "$out" ' had ended'
admin event ls
like "events" "$out" 'bob'
like "arguments" "$out" 'lisa'

say "who is no administrator"
as bob ok p bob@portal version
as bob ok p bob@example.org@portal version
as bob ok p admin@portal help
for command in 'user ls' 'user invite x@example.org' 'host inspect web1' \
    'host create root@127.0.0.1 --name=evil' 'host rm web1' 'key ls' \
    'key inspect default --decrypt' 'key create' 'event ls' \
    'session inspect 1000' 'session stop 1'; do
	as bob run p admin@portal "$command"
	[ "$status" -ne 0 ] || fail "bob may: $command"
	unlike "$command" "$out" 'PRIVATE|example\.org'
done
is "hosts" "$(db_query "SELECT COUNT(*) FROM hosts WHERE name = 'evil'")" 0

say "text of others does not reach a terminal raw"
esc=$(printf '\033]0;owned\007')
ok p admin@portal "host create root@192.0.2.9 --name=esc --comment='$esc'"
admin host ls
! grep -q "$(printf '\033')" "$T/run.out" || fail "a raw escape in a table"
as bob run p "no${esc}host@portal" true
! grep -q "$(printf '\033')" "$T/run.err" || fail "a raw escape in a refusal"

say "on a terminal"
terminal()
{
	$PYTHON "$HELPERS/terminal.py" "$@" || fail "on the terminal: $*"
}
TERM=xterm terminal ssh -F "$(conf)" admin@portal <<'END'
expect [>$#]
send version\r
expect sshportal [0-9]
send host ls\r
expect web1
expect Total: [0-9]+ hosts
send nonsense\r
expect error:
send half a line\x03
expect [>$#]
send host create root@192.0.2.20 --name=typed\r
expect [0-9]+
send host ls --latest --quiet\r
expect [0-9]+
send host r\t typed\r
pause 0.5
send host ls\r
expect Total: [0-9]+ hosts
send exit\r
status 0
END
is "hosts" "$(db_query "SELECT COUNT(*) FROM hosts WHERE name = 'typed'")" 0
say "the end of input ends it, as does Ctrl-D"
TERM=xterm terminal ssh -F "$(conf)" admin@portal <<'END'
expect [>$#]
send \x04
status 0
END
printf 'version\nhost ls\n' | p -T admin@portal >"$T/piped" 2>&1
is "status of piped commands" "${PIPESTATUS[1]}" 0
like "output of piped commands" "$(cat "$T/piped")" 'sshportal [0-9].*web1'

say "a shell that is left ends with its connection"
mkfifo "$T/shell.in"
exec 9<>"$T/shell.in"
ssh -F "$(conf)" -tt admin@portal <"$T/shell.in" >"$T/shell.out" 2>&1 &
client=$!
shells()
{
	[ "$(portal_pids shell | wc -l)" -eq "$1" ]
}
wait_for 10 shells 1 || fail "no shell: $(cat "$T/shell.out")"
end_process $client KILL
wait_for 10 shells 0 || fail "the shell stays"
