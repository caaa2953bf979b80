#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Logins do not wait for delayed acknowledgements: both sockets are without
# Nagle, and in the handshakes acknowledge at once after each read.

. "$TOP/regress/lib.sh"
tid "handshakes without stalls"

ready_portal
strace -qq -o /dev/null true 2>/dev/null || skip "no strace here"
[ -n "$IS_ROOT" ] || skip "needs root to trace what cannot be dumped"
ok p web1@portal true </dev/null

# Whatever spare pair will serve the login is watched.
pids=$(portal_pids child; portal_pids monitor)
watch=()
for pid in $pids; do
	watch+=(-p "$pid")
done
strace -f -qq -e trace=setsockopt,recvfrom,read -o "$T/trace" \
    "${watch[@]}" &
tracer=$!
all_traced()
{
	local pid

	for pid in $pids; do
		is_ended "$pid" && continue
		grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$pid/status" ||
		    return 1
	done
}
wait_for 10 all_traced || fail "strace does not attach"
ok p web1@portal true </dev/null
end_process $tracer INT

served=$(awk '/TCP_QUICKACK/ { print $1 }' "$T/trace" | sort -u)
is "children that renew" "$(wc -w <<<"$served")" 1
sockets=$(grep "^$served " "$T/trace" |
    sed -n 's/.*setsockopt(\([0-9]*\), SOL_TCP, TCP_QUICKACK, \[1\].* = 0$/\1/p' |
    sort | uniq -c)
echo "renewals, descriptor:"
echo "$sockets"
is "sockets renewed" "$(wc -l <<<"$sockets")" 2
# A handshake has more than three reads on either side.
while read -r times fd; do
	[ "$times" -gt 3 ] || fail "descriptor $fd: only $times renewals"
done <<<"$sockets"
nodelay=$(grep -c 'TCP_NODELAY, \[1\].* = 0$' "$T/trace")
[ "$nodelay" -ge 2 ] || fail "TCP_NODELAY on $nodelay sockets"
