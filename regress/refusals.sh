#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Who is refused reads one clear sentence and gets status 255.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "refusals"

ready_portal
invite bob
ok p web1@portal true
as bob ok p web1@portal true

say "mosh, whose datagrams would have to pass"
for server in mosh-server /usr/local/bin/mosh-server; do
	refused "mosh" '^sshportal: mosh does not work here' \
	    p web1@portal "$server new -c 256 -s"
done
run_status 127 p web1@portal 'not-mosh-server new'
unlike "what the person reads" "$err" 'sshportal: '

say "no such host"
refused "no such host" '^sshportal: .*"nosuch"' p nosuch@portal true
no_host=$err

say "no grant: the same words"
db_query "DELETE FROM user_user_groups WHERE member_id =
    (SELECT id FROM users WHERE name = 'bob')"
as bob refused "no grant" '^sshportal: ' p web1@portal true
is "sentence" "$err" "${no_host/nosuch/web1}"
as bob refused "no such host" '^sshportal: ' p nosuch@portal true
is "sentence" "$err" "$no_host"
# a command, a subsystem, a shell: all the same
as bob refused "a shell" '^sshportal: ' p -T web1@portal
as bob run sftp -F "$(as bob conf)" -b /dev/null web1@portal
is "status of sftp" "$status" 255
like "sftp" "$err" '(^|
)sshportal: no host'

say "a host that is down"
down=$(free_port)
admin host create "root@127.0.0.1:$down" --name=down
refused "host down" '^sshportal: .*down' p down@portal true
# the row was written before the host was dialled, and its end after
closed_in_words()
{
	[ "$(db_query "SELECT status, ended_at > 0, length(error) > 0
	    FROM sessions WHERE host_name = 'down'")" = "closed|1|1" ]
}
wait_for 10 closed_in_words ||
    fail "$(db_query "SELECT * FROM sessions WHERE host_name = 'down'")"
admin host create "root@no-such-host.invalid:22" --name=nowhere
refused "unknown address" '^sshportal: .*nowhere' p nowhere@portal true

say "a host that is no SSH server, and one that says nothing"
socat -u "TCP-LISTEN:$down,bind=127.0.0.1,fork,reuseaddr" \
    SYSTEM:'head -c 5 >&2' 2>/dev/null &
mute=$!
wait_for 5 port_answers "$down"
start=$(now_ms)
refused "a mute host" '^sshportal: .*down' p down@portal true
[ $(($(now_ms) - start)) -lt 40000 ] || fail "it takes too long"
end_process $mute
while :; do echo garbage; done | head -c 100000 >"$T/garbage"
socat "TCP-LISTEN:$down,bind=127.0.0.1,fork,reuseaddr" \
    "OPEN:$T/garbage,rdonly" 2>/dev/null &
noisy=$!
wait_for 5 port_answers "$down"
refused "a host of garbage" '^sshportal: .*down' p down@portal true
end_process $noisy

say "credentials that the host does not take"
admin host create "nosuchuser@127.0.0.1:$SSHD_PORT" --name=denied
refused "wrong credentials" '^sshportal: .*denied' p denied@portal true
like "sentence" "$err" 'nosuchuser'
admin key create --name=other
add_host otherkey --key=other
refused "a key that is not authorized" '^sshportal: .*otherkey' \
    p otherkey@portal true

say "channels that are no sessions: where there is no other, a reason"
run_status 255 p -W "127.0.0.1:$SSHD_PORT" admin@portal
like "a host's port" "$err" 'sshportal: jumps to host "web1" are not allowed'
run_status 255 p -W "127.0.0.1:1" nosuchhost@portal
like "nobody's port" "$err" 'sshportal: no host "127.0.0.1" with port 1 that'
run p -N -o ExitOnForwardFailure=yes -R 0:127.0.0.1:1 admin@portal
is "status of -R" "$status" 255
# beside a session it is refused too, and the connection lives on
ok p -M -S "$T/mux" -o ControlPersist=60 -fN web1@portal
hold_session beside web1 -S "$T/mux"
run_status 255 p -S "$T/mux" -W "127.0.0.1:$down" web1@portal
ok p -S "$T/mux" -O forward -L "$T/sock:/nowhere" web1@portal
run timeout 20 socat - "UNIX:$T/sock"
is "a Unix socket's output" "$out" ''
ok p -S "$T/mux" web1@portal echo alive
is "output" "$out" alive
release_session beside 9
ok p -S "$T/mux" -O exit web1@portal

say "an account other than the host's own"
refused "another account" '^sshportal: ' p nobody+web1@portal true

say "a changed host key"
end_process $SSHD_PID
rm "$T"/host/hostkey_*
SSHD_PORT_WANTED=$SSHD_PORT start_sshd
refused "a changed host key" '^sshportal: .*key of "web1" has changed' \
    p web1@portal true
like "sentence" "$err" 'SHA256:'
wait_for 5 log_has 'web1.*changed|changed.*web1' || fail "not a word in the log"
is "logins after that" "$(sshd_logins)" 0

say "the database is away"
end_process "$SSHD_PID"
if [ "$DB" = mysql ]; then
	stop_mariadb
	run_status 255 p admin@portal version
	like "what the person reads" "$err" '(^|
)sshportal: .*database'
	run_status 255 p web1@portal true
	like "what the person reads" "$err" '(^|
)sshportal: .*database'
	start_mariadb
else
	# somebody holds the file and does not let go
	lock_database
	refused "a session that cannot be written" '^sshportal: .*database' \
	    p web1@portal true
	unlock_database
fi
served()
{
	p admin@portal version </dev/null >"$T/served" 2>&1
}
wait_for 20 served ||
    fail "no login after the database came back: $(cat "$T/served")"
