#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Unix sockets through the portal, as straight to the host: -L and -R in each
# pairing with ports, bytes, cancels, refusals, history. With libraries that
# cannot, the refusal.
# cost: 20

. "$TOP/regress/lib.sh"
tid "forwarded Unix sockets"

SSHD_CONFIG='StreamLocalBindUnlink yes'
ready_portal

# A service at a socket and at a port: it answers each line with "echo: LINE",
# and its end of input with its own.
answers='SYSTEM:while read -r l; do echo "echo\: $l"; done; echo end'
service=$T/service.sock
socat "UNIX-LISTEN:$service,fork,backlog=64" "$answers" &
at_exit end_process $!
service_port=$(free_port)
socat "TCP-LISTEN:$service_port,bind=127.0.0.1,fork,reuseaddr" "$answers" &
at_exit end_process $!
wait_for 10 port_answers "$service_port" || fail "no service"
wait_for 10 test -S "$service" || fail "no service at a socket"

# ask ADDRESS LINE: a path or a port
ask()
{
	local to=TCP:127.0.0.1:$1

	[[ $1 != /* ]] || to=UNIX-CONNECT:$1
	printf '%s\n' "$2" | timeout 20 socat -t 10 - "$to" 2>/dev/null
}

answers()
{
	is "$1" "$(ask "$2" "$1")" "echo: $1"$'\nend'
}

answers_nothing()
{
	[ -z "$(ask "$1" x)" ]
}

if ! built_with ssh_channel_open_forwarded_streamlocal; then
	say "libraries that cannot: refused, with a sentence"
	port=$(free_port)
	ssh -F "$(conf)" -N -L "127.0.0.1:$port:$service" web1@portal \
	    2>"$T/stock.err" &
	pid=$!
	wait_for 20 port_answers "$port" || fail "ssh does not listen"
	wait_for 20 is_ended $pid || end_process $pid
	like "-L" "$(cat "$T/stock.err")" \
	    'sshportal: channels of this kind are not supported'
	run_status 255 p -o ExitOnForwardFailure=yes -R "$T/r:$service" \
	    web1@portal true
	like "-R" "$err" 'remote port forwarding failed'
	exit 0
fi

say "-L: a port or a socket here, a socket or a port there"
port=$(free_port)
hold_session local web1 -o ExitOnForwardFailure=yes \
    -L "127.0.0.1:$port:$service" -L "$T/l1:$service" \
    -L "$T/l2:127.0.0.1:$service_port" -L "$T/l3:$T/nobody"
answers "port to socket" "$port"
answers "socket to socket" "$T/l1"
answers "socket to port" "$T/l2"
say "many at once, each with its own bytes"
for i in 1 2 3 4 5 6 7 8; do
	ask "$T/l1" "line $i" >"$T/answer.$i" &
	asking[i]=$!
done
for i in 1 2 3 4 5 6 7 8; do
	wait "${asking[i]}"
	is "answer $i" "$(cat "$T/answer.$i")" $'echo: line '"$i"$'\nend'
done
say "a socket that nobody listens on: that connection ends, no other"
is "nothing comes" "$(ask "$T/l3" x)" ''
answers "the others go on" "$T/l1"
release_session local 0

# OpenSSH takes a path since 9.4, and forgot about it before
version=$(ssh -V 2>&1 | sed -n 's/^OpenSSH_\([0-9.]*\).*/\1/p')
if printf '%s\n' 9.4 "$version" | sort -CV; then
	say "-W: standard input and output are a connection to a socket"
	got=$(echo hello | p -W "$service" web1@portal)
	is "through -W" "$got" $'echo: hello\nend'
fi

say "-R: a socket or a port there, a port or a socket here"
back=$(free_port)
hold_session remote web1 -o ExitOnForwardFailure=yes \
    -R "$T/r1:127.0.0.1:$service_port" -R "$T/r2:$service" \
    -R "127.0.0.1:$back:$service"
answers "socket to port" "$T/r1"
answers "socket to socket" "$T/r2"
answers "port to socket" "$back"
release_session remote 0
wait_for 10 answers_nothing "$T/r2" || fail "the host still listens"

say "10 MB each way through each, byte for byte"
head -c 10000000 /dev/urandom >"$T/data"
hold_session bytes web1 -o ExitOnForwardFailure=yes \
    -L "$T/l:$T/there" -R "$T/r:$T/here"
# bytes_through FROM TO: what is written to FROM, and what is read from it
bytes_through()
{
	local pid

	rm -f "$2" "$T/got"
	socat -u "UNIX-LISTEN:$2" "CREATE:$T/got" &
	pid=$!
	wait_for 10 test -S "$2" || fail "no sink"
	socat -u "OPEN:$T/data" "UNIX-CONNECT:$1" || fail "socat to $1"
	wait_for 60 is_ended $pid || fail "no end at $2"
	same_file "$T/data" "$T/got"
	rm -f "$2" "$T/got"
	socat -u "OPEN:$T/data" "UNIX-LISTEN:$2" &
	pid=$!
	wait_for 10 test -S "$2" || fail "no source"
	timeout 60 socat -u "UNIX-CONNECT:$1" "CREATE:$T/got"
	wait_for 20 is_ended $pid || fail "no end of the source at $2"
	same_file "$T/data" "$T/got"
}
bytes_through "$T/l" "$T/there"
bytes_through "$T/r" "$T/here"
release_session bytes 0

say "listening begins and ends while the session lives"
ssh -F "$(conf)" -M -S "$T/master" -N web1@portal &
master=$!
wait_for 20 test -S "$T/master" || fail "no master"
mux()
{
	ssh -F "$(conf)" -S "$T/master" "$@"
}
ok mux -O forward -R "$T/r3:$service" web1@portal
answers "begun" "$T/r3"
ok mux -O cancel -R "$T/r3:$service" web1@portal
wait_for 10 answers_nothing "$T/r3" || fail "the host listens after a cancel"
test -S "$T/r3" || fail "this sshd removes its sockets: no test of unlinking"
say "again, where the last one lies: the host's StreamLocalBindUnlink"
ok mux -O forward -R "$T/r3:$service" web1@portal
answers "begun again" "$T/r3"
ok mux -O forward -L "$T/l4:$service" web1@portal
answers "here too" "$T/l4"
is "a session beside it" "$(mux web1@portal echo beside)" beside
end_process $master

say "a host that forwards no sockets, and one that does not unlink"
# other_host NAME LINE
other_host()
{
	SSHD_CONFIG=$2 start_sshd "$1"
	cp "$T/host/home/.ssh/authorized_keys" "$T/$1/home/.ssh"
	add_host "$1"
}
other_host never 'AllowStreamLocalForwarding no'
other_host keeps 'StreamLocalBindUnlink no'
run_status 255 p -o ExitOnForwardFailure=yes -R "$T/r4:$service" \
    never@portal true
like "-R refused" "$err" 'remote port forwarding failed'
hold_session never never -L "$T/l5:$service"
is "-L refused" "$(ask "$T/l5" x)" ''
release_session never 0
run_status 255 p -o ExitOnForwardFailure=yes -R "$T/r3:$service" \
    keeps@portal true
like "taken" "$err" 'remote port forwarding failed'

say "who connects to a port of -R is told to the client, as the host says"
mkfifo "$T/origin.in"
"$PYTHON" "$HELPERS/forwards.py" originator "$PORTAL_PORT" "$T/client/admin" \
    web1 <"$T/origin.in" >"$T/origin.out" 2>&1 &
client=$!
exec {hold_in}>"$T/origin.in"
wait_for 20 grep -q ^listens "$T/origin.out" || fail "$(cat "$T/origin.out")"
back=$(sed -n 's/^listens //p' "$T/origin.out")
for source in "$(free_port)" "$(free_port)"; do
	timeout 20 socat -u "TCP:127.0.0.1:$back,sourceport=$source,reuseaddr" -
	wait_for 20 grep -qx "from 127.0.0.1 $source" "$T/origin.out" ||
	    fail "not from $source: $(cat "$T/origin.out")"
done
exec {hold_in}>&-
wait_for 20 is_ended $client || fail "the client does not end"

say "names that are too long"
# too_long TYPE LENGTH ERE
too_long()
{
	run "$PYTHON" "$HELPERS/forwards.py" open "$PORTAL_PORT" \
	    "$T/client/admin" web1 "$1" "$2"
	like "$1 to $2 bytes" "$out" "$3"
}
too_long direct-tcpip 1025 'sshportal: the name .* is too long'
too_long direct-streamlocal@openssh.com 108 'sshportal: the path .* is too long'
too_long direct-streamlocal@openssh.com 0 'sshportal: the path .* is empty'

say "what there was, is in the session's history"
complete()
{
	[ "$(db_query 'SELECT COUNT(*) FROM channels
	    WHERE ended_at = 0')" -eq 0 ]
}
wait_for 20 complete || fail "a channel is left open"
details=$(db_query "SELECT DISTINCT type, detail FROM channels
    WHERE detail LIKE '%unix:%'")
for i in "forward-local|unix:$service" "forward-local|unix:$T/nobody" \
    "forward-remote|unix:$T/r1" "forward-remote|listens on unix:$T/r1"; do
	grep -qxF "$i" <<<"$details" || fail "no $i in: $details"
done

say "a host that opens what nobody asked for, or a part of it"
start_odd_host opener
SSHD_PORT=$ODD_PORT add_host opener
ok p opener@portal unasked
is "refused" "$out" refused
for i in nothing short huge; do
	refused "$i" 'host opener: the connection was lost' p opener@portal $i
done
