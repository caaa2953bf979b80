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

say "names that a terminal or a log would obey, and names that are none"
cat >"$T/names.py" <<'END'
import sys
import paramiko
key = paramiko.Ed25519Key.from_private_key_file(sys.argv[2])
for name in (b"a\x1b[2Jb", b"a\x1b]0;t\x07", b"a\nAccepted publickey for b",
    b"a\rb", b"a\tb", b"a\x7fb", b"a\x00b", b"\xff\xfe", b"\xc2\x9b31m",
    b"\xe2\x80\xaeb", b"\xe2\x80\x8b", b"'; DROP TABLE users; --",
    b"%s%n", b"../../etc/passwd", b"-oProxyCommand=x", b"", b" ", b"host:",
    b"host:\x1b[1m", b"invite:", b"invite:\x1b[1m", b"+", b"a+", b"+a",
    b"\x1b+web1", b"0", b"1", b"a" * 300, b"\x1b" * 300, b"b" * 20000):
    t = paramiko.Transport(("127.0.0.1", int(sys.argv[1])))
    try:
        t.start_client(timeout=20)
        t.auth_publickey(name, key)
        c = t.open_session(timeout=20)
        c.exec_command("true")
        said = c.makefile_stderr().read() + c.makefile().read()
        if c.recv_exit_status() == 0:
            sys.exit("%r was let in" % name)
        if any(b < 32 and b not in (10, 13) or b == 127 for b in said):
            sys.exit("%r: %r" % (name, said))
    except (paramiko.SSHException, EOFError, OSError):
        pass
    t.close()
END
ok $PYTHON "$T/names.py" "$PORTAL_PORT" "$T/client/admin"
! portal_log | LC_ALL=C grep -q "[$(printf '\001-\010\013-\037\177')]" ||
    fail "control characters in the log"
! portal_log | LC_ALL=C grep -q "$(printf '\342\200\256\|\342\200\213')" ||
    fail "characters that do not show in the log"
! log_has '^Accepted publickey' || fail "a name began a line of the log"
is "users" "$(db_query 'SELECT COUNT(*) FROM users')" 1
ok p healthcheck@portal

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
