#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What strangers make of login names: no line of the log says what they want,
# and nobody tries for ever.

. "$TOP/regress/lib.sh"
each_mode
tid "login names of strangers"

ready_portal
client stranger

say "a name that reads like a line of the log"
as stranger run p -l 'x from 192.0.2.1 port 22 ssh2: y' portal true
is "status" "$status" 255
wait_for 5 log_has 'Failed publickey for x_from_192' || fail "no such line"
! log_has ' from 192\.0\.2\.1' || fail "a forged address: $(portal_log)"

say "a health check says nothing of the key that it came with"
ok p healthcheck@portal
! log_has 'Accepted publickey for healthcheck' || fail "it does"

say "requests that are not counted by what they ask"
cat >"$T/none.py" <<'END'
import sys
import paramiko
t = paramiko.Transport(("127.0.0.1", int(sys.argv[1])))
t.start_client(timeout=20)
for i in range(500):
    try:
        t.auth_none("nobody%d" % i)
    except paramiko.BadAuthenticationType:
        continue
    except (paramiko.SSHException, EOFError):
        break
print(i)
END
ok $PYTHON "$T/none.py" "$PORTAL_PORT"
[ "$out" -lt 100 ] || fail "$out requests on one connection"
wait_for 5 log_has 'Too many authentication failures' || fail "no such line"
