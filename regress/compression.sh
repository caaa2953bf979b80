#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Compression towards a client that asks for it: after the login and not
# before, with new keys too, byte by byte.
# cost: 20

. "$TOP/regress/lib.sh"
each_mode
tid "compression"

ready_portal

say "who asks gets it, delayed until after the login; others do not"
ok p -v -C web1@portal true
is "methods" "$(grep -c 'compression: zlib@openssh.com' <<<"$err")" 2
ok p -v web1@portal true
is "methods" "$(grep -c 'compression: none' <<<"$err")" 2
# one that would begin before anybody has logged in has no place here
cat >"$T/early.py" <<'END'
import socket, sys
import paramiko
paramiko.Transport._preferred_compression = ("zlib",)
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
t = paramiko.Transport(s)
try:
    t.start_client(timeout=20)
    print("taken")
except paramiko.SSHException as e:
    print("refused")
END
run $PYTHON -W ignore "$T/early.py" "$PORTAL_PORT"
is "compression before the login" "$out" refused

say "bytes of each kind, both ways"
$PYTHON -c 'import sys
sys.stdout.buffer.write(bytes(range(256)) * 40000)' >"$T/rows"
head -c 20000000 /dev/zero >"$T/zeros"
head -c 10000000 /dev/urandom >"$T/noise"
for file in rows zeros noise; do
	for limit in none 1M; do
		p -C -v -E "$T/v" -o RekeyLimit="${limit/none/1G}" \
		    web1@portal 'cat; exit 3' <"$T/$file" >"$T/back"
		is "status" $? 3
		same_file "$T/$file" "$T/back"
		# what is counted is what there is left
		[ "$limit $file" != "1M noise" ] ||
		    [ "$(grep -c 'SSH2_MSG_NEWKEYS received' "$T/v")" -ge 3 ] ||
		    fail "no new keys"
		rm "$T/v"
	done
done

say "a terminal and small things"
for i in 1 2 3 4 5; do
	run_status "$i" p -C web1@portal "echo o; echo e >&2; exit $i"
	is "output" "$out$err" oe
done
