#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Connections that bring a byte at a time, and such as are abandoned at every
# step of a login and a session.
# cost: 60

. "$TOP/regress/lib.sh"
each_mode
tid "connections that trickle or break off"

portal_config <<'END'
per-source-penalties: no
END
ready_portal

# over HOW ...: ssh over such a connection
over()
{
	local proxy="$PYTHON $HELPERS/trickle.py $PORTAL_PORT $1"

	shift
	p -o ProxyCommand="$proxy" "$@"
}

say "a byte a segment"
head -c 20000 /dev/urandom >"$T/data"
over byte web1@portal 'cat; exit 9' <"$T/data" >"$T/back"
is "status" $? 9
same_file "$T/data" "$T/back"
over byte -o RekeyLimit=8K web1@portal 'cat; exit 9' <"$T/data" >"$T/back"
is "status with new keys" $? 9
same_file "$T/data" "$T/back"

say "all at once, before anything was answered"
{
	printf 'SSH-2.0-hasty\r\n'
	head -c 100000 /dev/zero
} | timeout 20 socat -t 15 - "TCP:127.0.0.1:$PORTAL_PORT" >"$T/hasty" \
    2>"$T/hasty.err"
[ "${PIPESTATUS[1]}" -ne 124 ] || fail "it is not thrown out"
wait_for 10 log_has 'no keys with this client: ' || fail "no reason in the log"
# our version; or nothing, where the reset overtakes it
like "what it is told" "$(tr -d '\0' <"$T/hasty" | head -n 1)" '^(SSH-2\.0-|$)'

# Nobody but the keeper, the daemon and spares.
nobody_is_there()
{
	[ -z "$(portal_pids monitor | while read -r pid; do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -v spare
	    done)" ]
}

say "an end after each so many bytes"
n=0
for how in close reset; do
	for cut in 1 10 21 22 60 400 1000 1500 1600 1700 1900 2000 2100 \
	    2300 2400 2600 2700 2800 2900 3000 3200 3500 4000 8000; do
		over "all $cut $how" web1@portal 'cat; sleep 1' \
		    <"$T/data" >"$T/out" 2>&1
		[ $? -eq 255 ] || n=$((n + 1))
	done
done
wait_for 20 nobody_is_there || fail "left: $(portal_pids monitor)"
is "logins that the cuts let through" "$n" 0
wait_for 10 sessions_are 0 || fail "sessions are left"
ok p web1@portal echo well
is "output" "$out" well
unlike "the log" "$(portal_log)" 'gate: |panic|Segmentation'
