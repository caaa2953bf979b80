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
start_odd_host passwordhost bart "$password"
port=$ODD_PORT

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
