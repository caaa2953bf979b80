#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Passwords of hosts and passphrases of keys that are typed at a terminal, or
# come on standard input: they do not show, and are nowhere to be read.

. "$TOP/regress/lib.sh"
each_mode
tid "secrets that are typed"

start_portal
client admin
redeem

terminal()
{
	$PYTHON "$HELPERS/terminal.py" "$@" >"$T/terminal.log" 2>&1 ||
	    fail "on the terminal: $(cat "$T/terminal.log")"
}

# password HOST: what is stored
password()
{
	admin host inspect --decrypt "$1"
	out=$(jq -r '.[0].Password' <<<"$out")
}

say "at the prompt"
ssh-keygen -q -t ed25519 -N 'open sesame' -f "$T/locked"
{
	cat <<'END'
expect config>
send host create u@192.0.2.1 --name=typed --password\r
expect password \(it does not show\): 
send mellonx\x7f\r
# the line's end, and at once the id: what was typed is not between them
expect ^\r\n1\r\n
expect config>
send host update typed -p -\r
expect password \(it does not show\): 
send half\x03
expect error: no password came
expect config>
send key import --name=pasted\r
expect an empty line
END
	while read -r line; do
		printf 'send %s\\r\n' "$line"
	done <"$T/locked"
	cat <<'END'
# nor does the key show
expect ^\.\r\npassphrase \(it does not show\): 
send open sesame\r
expect ^\r\n[0-9]+\r\n
expect config>
send key import\r
expect an empty line
send -----BEGIN\x03
expect error:
expect config>
send exit\r
status 0
END
} >"$T/script"
TERM=xterm terminal ssh -F "$(conf)" admin@portal <"$T/script"
password typed
is "password" "$out" mellon
admin key show pasted
like "key" "$out" "$(cut -d' ' -f2 "$T/locked.pub" | sed 's/+/\\+/g')"

say "as one command on a terminal"
terminal ssh -t -F "$(conf)" admin@portal \
    host create u@192.0.2.2 --name=once --password <<'END'
expect password \(it does not show\): 
send mellon two\r
expect [0-9]+
status 0
END
password once
is "password" "$out" 'mellon two'

say "on standard input"
# feed COMMAND: an admin command that reads this script's input
feed()
{
	p -T admin@portal "$@" >"$T/fed" 2>&1 || fail "$*: $(cat "$T/fed")"
}
feed 'host create u@192.0.2.3 --name=piped --password=-' <<<'mellon three'
password piped
is "password" "$out" 'mellon three'
feed <<'END'
host update piped --password
mellon four
host create u@192.0.2.4 --name=after
END
password piped
is "password" "$out" 'mellon four'
admin host ls --quiet
is "hosts" "$(wc -l <<<"$out")" 4
{ echo 'open sesame'; cat "$T/locked"; } >"$T/both"
feed 'key import --name=piped --passphrase' <"$T/both"

say "they are nowhere to be read"
db_query 'SELECT * FROM hosts; SELECT * FROM events' >"$T/dump"
grep -q 'once' "$T/dump" || fail "nothing in the dump"
! grep -E 'mellon|sesame' "$T/dump" "$PORTAL_DIR.log" ||
    fail "a secret in the database or the log"
