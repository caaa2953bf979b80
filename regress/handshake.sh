#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Logins do not wait for delayed acknowledgements: both sockets are without
# Nagle, and in the handshakes acknowledge at once after each read.

. "$TOP/regress/lib.sh"
tid "handshakes without stalls"

# who is traced cannot look for leaks
sanitizer_option detect_leaks=0
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
strace -f -qq -e trace=setsockopt,recvfrom,read,poll,ppoll -o "$T/trace" \
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
# For each socket that is renewed: how often, how many bytes had been read by
# the last time, and how often the child went to sleep on it before that with
# something read that was not yet acknowledged. How many reads there are is
# up to the machine.
awk -v pid="$served" '
	$1 != pid { next }
	/ (recvfrom|read)\(/ { fd = $2; sub(/.*\(/, "", fd); sub(/,.*/, "", fd) }
	/ (recvfrom|read)[( ].* = [1-9][0-9]*$/ { owes[fd] = 1; bytes[fd] += $NF }
	/TCP_QUICKACK, \[1\].* = 0$/ {
		to = $2; sub(/.*\(/, "", to); sub(/,.*/, "", to)
		renewed[to]++; late[to] += slept[to]; slept[to] = owes[to] = 0
		upto[to] = bytes[to]
	}
	/ p?poll\(/ && !/\], [0-9]+, (0|\{tv_sec=0, tv_nsec=0\})[, )]/ {
		for (to in owes)
			if (index($0, "{fd=" to ",") && owes[to])
				slept[to]++
	}
	END { for (to in renewed) print to, renewed[to], upto[to], late[to] }
' "$T/trace" >"$T/sockets"
cat "$T/sockets"
is "sockets renewed" "$(wc -l <"$T/sockets")" 2
while read -r fd times bytes late; do
	[ "$bytes" -gt 1000 ] ||
	    fail "descriptor $fd: no renewal after $bytes bytes"
	is "descriptor $fd, $times renewals, sleeps without" "$late" 0
done <"$T/sockets"
nodelay=$(grep -c 'TCP_NODELAY, \[1\].* = 0$' "$T/trace")
[ "$nodelay" -ge 2 ] || fail "TCP_NODELAY on $nodelay sockets"
