#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A host that takes a password only: nobody but the portal knows it.

. "$TOP/regress/lib.sh"
each_mode
tid "a host with a password"

start_portal
client admin
redeem

password='correct horse: battery/staple@100%'
port=$(free_port)
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$T/paramiko_key"
$PYTHON "$HELPERS/passwordhost.py" "$port" bart "$password" \
    "$T/paramiko_key" >"$T/passwordhost.log" 2>&1 &
at_exit end_process $!
wait_for 20 port_answers "$port" || fail "$(cat "$T/passwordhost.log")"

say "the password in the address"
escaped='correct%20horse%3A%20battery%2Fstaple%40100%25'
admin host create "bart:$escaped@127.0.0.1:$port" --name=pw1
ok p pw1@portal 'echo in; echo err >&2; exit 0'
is "output" "$out $err" "in err"
run_status 41 p pw1@portal 'exit 41'

say "the password by a flag"
admin host create "bart@127.0.0.1:$port" --name=pw2 \
    --password="'$password'"
ok p pw2@portal echo in
is "output" "$out" in

say "a wrong one is refused in words"
admin host create "bart:wrong@127.0.0.1:$port" --name=pw3
refused "wrong password" '^sshportal: .*pw3' p pw3@portal true
unlike "sentence" "$err" 'wrong@|:wrong'

say "it is nowhere to be read"
admin host ls
unlike "host ls" "$out" 'horse|wrong'
ok grep -c . "$PORTAL_DIR.log"
! grep -q 'horse' "$PORTAL_DIR.log" || fail "a password in the log"
db_query 'SELECT * FROM hosts; SELECT * FROM events' >"$T/dump"
! grep -qE 'horse|wrong' "$T/dump" ||
    fail "a password in the database: $(grep -E 'horse|wrong' "$T/dump")"
