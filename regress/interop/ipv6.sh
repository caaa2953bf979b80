#!/bin/bash
# SPDX-License-Identifier: ISC
#
# IPv6 and IPv4 on both sides: a person who comes by IPv6, a host that is reached
# by it, and each with the other.
# check

. "$TOP/regress/interop/lib.sh"
tid "IPv6 on both sides"
$PYTHON -c 'import socket
socket.create_server(("::1", 0), family=socket.AF_INET6)' 2>/dev/null ||
    skip "this machine has no ::1"

SSHD_CONFIG='ListenAddress ::1'
start_sshd
SSHD_CONFIG=
PORTAL_PORT=$(free_port)
start_portal '' --bind-address="[::1]:$PORTAL_PORT"
client admin
redeem
authorize_portal
admin host create "ssh://$HOST_USER@[::1]:$SSHD_PORT" --name=six
add_host four

# by_six NAME: the same client with the portal's other address, as six-NAME
by_six()
{
	sed '/^Host portal/,/^Host direct/s/HostName .*/HostName ::1/' \
	    "$T/client/$1.conf" >"$T/client/six-$1.conf"
}
by_six admin

for from in admin six-admin; do
	for LOGIN in four six; do
		say "from $from to $LOGIN"
		CLIENT=$from by_ssh
		CLIENT=$from check_exec
		CLIENT=$from check_stdin
		CLIENT=$from check_copies
	done
done

say "the addresses are written down"
admin session ls
like "sessions" "$out" '::1'
like "sessions" "$out" '127\.0\.0\.1'
admin host ls
like "hosts" "$out" "\\[::1\\]"

say "a port here that is a port of the host's, both IPv6"
port=$(free_port)
as six-admin hold_session forward six -L "[::1]:$port:[::1]:$SSHD_PORT"
wait_for 10 grep -q SSH-2.0 <(timeout 5 $PYTHON -c "
import socket
s = socket.create_connection(('::1', $port))
print(s.recv(100).decode())") || fail "nothing answers at [::1]:$port"
release_session forward 0

say "a person who may come from an address of IPv6 only"
invite bob
by_six bob
as bob ok p six@portal true
admin user update bob --from=::1/128
as six-bob ok p six@portal true
as bob run_status 255 p six@portal true
