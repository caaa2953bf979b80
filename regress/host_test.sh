#!/bin/bash
# SPDX-License-Identifier: ISC
#
# "host test": each step of a login on a host, with real sshds that are well,
# refuse, are not there, have changed, or say nothing; by administrators, over
# SSH and at the machine itself, with the portal running and without.
# db: sqlite3 mysql
# cost: 40

. "$TOP/regress/lib.sh"
each_mode
tid "host test tells each step of a login"

ready_portal
good=$SSHD_PORT good_pid=$SSHD_PID

# here WORD ...: a command at the machine itself.
here()
{
	db_flags
	as_starter admin "${DB_FLAGS[@]}" "$@"
}

# asked WORD ...: a command of the administrator's, which may fail.
asked()
{
	as admin p admin@portal "$*"
}

# steps HOST: what a test with --json said of it, a line each step.
steps()
{
	$PYTHON -c '
import json, sys
for row in json.load(sys.stdin):
    if row["Host"] == sys.argv[1]:
        assert row["Milliseconds"] >= 0, row
        print(row["Step"] + ":", row["Result"], row["Detail"])
' "$1" <<<"$out"
}

# tested STATUS HOST PATTERN [COMMAND ...]: the last step is this one.
tested()
{
	local status=$1 host=$2 pattern=$3

	shift 3
	run_status "$status" "${@:-asked}" host test --json "$host"
	like "the end of the test of $host" "$(steps "$host" | tail -n 1)" \
	    "$pattern"
}

print=$(ssh-keygen -lf "$T/host/hostkey_ed25519.pub" | cut -d' ' -f2)

say "a host whose key nobody has learnt: it is said, and not learnt"
tested 0 web1 "^login: ok $HOST_USER\$"
is "steps" "$(steps web1 | sed 's/\(: [a-z]*\).*/\1/')" "name: ok
connection: ok
key exchange: ok
host key: new
login: ok"
is "host key" "$(steps web1 | sed -n 4p)" \
    "host key: new ssh-ed25519 $print: not known yet, the first login learns it"
is "pinned" "$(db_query "SELECT host_key_type FROM hosts")" ''

say "its session is in the list, as all that the portal does on hosts"
is "sessions" "$(db_query "SELECT user_name, host_name, account, comment, error
    FROM sessions")" "$(first_admin)|web1|$HOST_USER|host test|"
ok p web1@portal true
tested 0 web1 '^login: ok'
is "host key" "$(steps web1 | sed -n 4p)" \
    "host key: ok ssh-ed25519 $print"
ok asked host test web1
like "as a table" "$out" 'ID +Host +Step +Result +ms +Detail
.*web1 +name +ok +[0-9]+ +127.0.0.1
.*web1 +connection +ok +[0-9]+ +127.0.0.1:'"$good"'
.*web1 +key exchange +ok +[0-9]+
.*web1 +host key +ok +[0-9]+ +ssh-ed25519 SHA256:.*
.*web1 +login +ok'

say "an event for each"
wait_for 10 eval '[ "$(db_query "SELECT COUNT(*) FROM events
    WHERE domain = '\''host'\'' AND action = '\''test'\''")" -eq 3 ]' ||
    fail "events: $(db_query 'SELECT domain, action, args FROM events')"

say "a key that is not let in"
ok admin key create --name=stranger
add_host wrong --key=stranger
ok p web1@portal true
tested 1 wrong "^login: failed the login as $HOST_USER was refused: "

say "a port where nobody listens; a name that means nothing"
ok admin host create "$HOST_USER@127.0.0.1:$(free_port)" --name=refused
tested 1 refused '^connection: failed connection refused$'
ok admin host create "$HOST_USER@nowhere.invalid" --name=nowhere
tested 1 nowhere '^name: failed its name (cannot be|was not) resolved'

say "a telnet host has nothing to log in with by keys"
ok admin host create "telnet://somebody@127.0.0.1:$good" --name=tele
tested 0 tele '^login: skipped a telnet host has none$'
is "steps" "$(steps tele | grep -c ': ok ')" 2

say "a host behind another one"
add_host behind --hop=web1
tested 0 behind "^login: ok $HOST_USER\$"
is "steps" "$(steps behind | sed 's/\(: [a-z]*\).*/\1/')" "name: ok
connection: ok
hop: ok
key exchange: ok
host key: new
login: ok"
is "hop" "$(steps behind | sed -n 3p)" "hop: ok web1, as $HOST_USER"

say "several at once, and one that fails makes it a failure"
run_status 1 asked host test --json web1 wrong refused
is "hosts" "$(grep -o '"Host": *"[a-z0-9]*"' <<<"$out" | sort -u | wc -l)" 3
like "web1" "$(steps web1)" 'login: ok'
like "refused" "$(steps refused)" 'connection: failed'

say "one that takes connections and says nothing"
kill -STOP "$good_pid"
run_status 1 asked host test --json --timeout=1 web1
kill -CONT "$good_pid"
like "the end" "$(steps web1 | tail -n 1)" '^key exchange: failed it takes '\
'connections, but did not exchange keys as an SSH server within 1 seconds$'
wait_for 20 eval '[ "$(active_sessions)" -eq 0 ]' || fail "sessions go on"

say "the test ends when who asked for it goes"
kill -STOP "$good_pid"
ssh -F "$(conf)" admin@portal host test web1 </dev/null >/dev/null 2>&1 &
asking=$!
wait_for 20 eval '[ "$(active_sessions)" -eq 1 ]' || fail "no session"
end_process "$asking"
wait_for 20 eval '[ "$(active_sessions)" -eq 0 ]' || fail "it goes on"
kill -CONT "$good_pid"

say "others may not"
invite bob
as bob run_status 1 p bob@portal host test web1
like "error" "$err" 'your roles do not permit this command'

say "a host whose key has changed"
end_process "$good_pid"
rm "$T"/host/hostkey_*
SSHD_PORT_WANTED=$good start_sshd
tested 1 web1 '^host key: failed the host key of "web1" has changed from '
is "logins there" "$(sshd_logins)" 0

say "at the machine itself"
ok admin host update --reset-hostkey web1
tested 0 web1 '^login: ok' here
run_status 1 here host test wrong refused
like "wrong" "$out" 'wrong +login +failed'
is "standard error" "$err" ''
wait_for 20 eval '[ "$(active_sessions)" -eq 0 ]' || fail "sessions go on"

say "and without the portal"
stop_portal || fail "stop"
tested 0 web1 '^login: ok' here
like "host key" "$(steps web1)" 'not known yet'
