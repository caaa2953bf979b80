#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A reader that goes away ends the writer on the host at once.

. "$TOP/regress/lib.sh"
each_mode
tid "cat /dev/zero | head ends, and nothing is left running"

ready_portal

writers()
{
	our_processes | xargs -r ps -o args= -p | grep -c '^cat /dev/zero'
}
no_writers()
{
	[ "$(writers)" -eq 0 ]
}

for i in 1 2 3; do
	start=$(now_ms)
	is "bytes" "$(timeout --foreground 30 ssh -F "$(conf)" web1@portal \
	    'cat /dev/zero' | head -c 1000 | wc -c)" 1000
	took=$(($(now_ms) - start))
	[ $took -lt 5000 ] || fail "it took $took ms"
	wait_for 5 no_writers || fail "cat still runs on the host"
	wait_for 5 sessions_are 0 || fail "the session is still active"
done

say "over a connection that stays"
ok p -M -S "$T/mux" -o ControlPersist=600 -fN web1@portal
for i in 1 2 3; do
	start=$(now_ms)
	is "bytes" "$(timeout --foreground 30 ssh -F "$(conf)" -S "$T/mux" \
	    web1@portal 'cat /dev/zero' | head -c 1000 | wc -c)" 1000
	took=$(($(now_ms) - start))
	[ $took -lt 5000 ] || fail "it took $took ms"
	wait_for 5 no_writers || fail "cat still runs on the host"
done
ok p -S "$T/mux" web1@portal echo alive
is "output" "$out" alive

say "with a terminal, where it is told from a break"
if host_has_ptys; then
	for i in 1 2; do
		is "bytes" "$(timeout --foreground 30 ssh -tt -F "$(conf)" \
		    -S "$T/mux" web1@portal 'cat /dev/zero' 2>/dev/null |
		    head -c 1000 | wc -c)" 1000
		wait_for 10 no_writers || fail "cat still runs on the host"
	done
	$PYTHON "$HELPERS/terminal.py" ssh -F "$(conf)" web1@portal <<-'END' ||
	expect host>
	send echo one\r
	expect one\r\n.*host>
	send \r~B
	pause 0.5
	send echo two\r
	expect two\r\n.*host>
	send exit 5\r
	status 5
	END
	    fail "after a break"
fi

say "the portal is at rest afterwards"
ticks()
{
	local pid total=0 stat

	for pid in $(portal_pids); do
		stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
		# shellcheck disable=SC2086 # its words
		set -- ${stat##*) }
		total=$((total + ${12} + ${13}))
	done
	echo $total
}
before=$(ticks)
sleep 2
spent=$(($(ticks) - before))
[ $spent -lt 20 ] || fail "$spent clock ticks of CPU in two idle seconds"
ok p -S "$T/mux" -O exit web1@portal

say "a client that is killed in the middle"
timeout --foreground 60 ssh -F "$(conf)" web1@portal 'cat /dev/zero' \
    >/dev/null &
victim=$!
running()
{
	[ "$(writers)" -gt 0 ]
}
wait_for 10 running || fail "nothing runs on the host"
end_process "$(pgrep -P $victim ssh)" KILL
wait $victim
wait_for 10 no_writers || fail "cat still runs on the host"
wait_for 5 sessions_are 0 || fail "the session is still active"
