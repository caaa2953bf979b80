#!/bin/bash
# SPDX-License-Identifier: ISC
#
# --logging=full: the bytes of commands, copies and tunnels, as captures that
# stock tshark opens, byte for byte what passed.

. "$TOP/regress/lib.sh"
tid "captures of what is no terminal"

ready_portal
add_host whole --logging=full

# The newest session's capture of a channel, once it is finished.
capture()
{
	find "$PORTAL_DIR" -name "session-$(db_query \
	    'SELECT MAX(id) FROM sessions')-$1.pcap"
}

is_captured()
{
	file=$(capture 1)
	[ -n "$file" ]
}

# flow FILE FILTER: the data in the packets that fit, one after another.
flow()
{
	tshark -r "$1" -Y "$2 && tcp.len > 0" -T fields -e tcp.payload \
	    2>/dev/null | tr -d '\n:' | xxd -r -p
}

# Every packet is one, and follows from those before it.
is_sound()
{
	is "packets that are none" "$(tshark -r "$1" -Y '_ws.short ||
	    tcp.analysis.lost_segment || tcp.analysis.retransmission ||
	    tcp.analysis.ack_lost_segment || tcp.analysis.out_of_order' 2>&1 |
	    grep -v 'Running as user')" ''
}

# The session is over, and its capture is in $file.
has_capture()
{
	wait_for 20 sessions_are 0 || fail "the session goes on"
	wait_for 30 is_captured || fail "no capture"
	is_sound "$file"
}

say "a command: what it read, wrote, and complained of"
head -c 300000 /dev/urandom >"$T/sent"
ssh -F "$(conf)" whole@portal 'cat; echo complaint >&2' <"$T/sent" \
    >"$T/got" 2>"$T/err" || fail "status $?: $(cat "$T/err")"
same_file "$T/sent" "$T/got"
has_capture
flow "$file" 'tcp.dstport == 60001' >"$T/in"
same_file "$T/in" "$T/sent"
flow "$file" 'tcp.srcport == 60001' >"$T/out"
same_file "$T/out" "$T/got"
is "standard error" "$(flow "$file" 'tcp.srcport == 60002')" complaint
is "between whom" "$(tshark -r "$file" -T fields -e ip.src -e ip.dst \
    -c 1 2>/dev/null)" $'127.0.0.1\t127.0.0.1'
is "beginnings and ends" "$(tshark -r "$file" -Y 'tcp.flags.syn == 1 ||
    tcp.flags.fin == 1' 2>/dev/null | wc -l)" 8

say "a copy"
scp -q -F "$(conf)" "$T/sent" "whole@portal:$T/copied" || fail "scp: $?"
same_file "$T/sent" "$T/copied"
has_capture
flow "$file" 'tcp.dstport == 60001' >"$T/in"
flow "$file" 'tcp.srcport == 60001' >"$T/out"
is "bytes each way" "$(stat -c %s "$T/in" "$T/out" | tr '\n' ' ')" \
    "$(db_query 'SELECT bytes_in, bytes_out FROM channels ORDER BY id DESC
    LIMIT 1' | tr '|' ' ') "

say "a tunnel: to its port, whatever its end is called"
service_port=$(free_port)
socat "TCP-LISTEN:$service_port,bind=127.0.0.1,fork,reuseaddr" \
    'SYSTEM:head -n 1 | tr a-z A-Z' &
at_exit end_process $!
wait_for 10 port_answers "$service_port" || fail "no service"
for end in 127.0.0.1 localhost; do
	got=$(echo hello | p -W "$end:$service_port" whole@portal)
	is "through -W" "$got" HELLO
	has_capture
	is "what went" "$(flow "$file" "tcp.dstport == $service_port")" hello
	is "what came" "$(flow "$file" "tcp.srcport == $service_port")" HELLO
done

say "a terminal is not captured, and nothing is without --logging=full"
if host_has_ptys; then
	ok p -tt whole@portal 'echo shown'
	wait_for 20 sessions_are 0 || fail "the session goes on"
	is "captures" "$(find "$PORTAL_DIR" -name '*.pcap*' | wc -l)" 4
fi
ok p web1@portal 'echo seen'
wait_for 20 sessions_are 0 || fail "the session goes on"
is "captures" "$(find "$PORTAL_DIR" -name '*.pcap*' | wc -l)" 4
