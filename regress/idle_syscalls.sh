#!/bin/bash
# SPDX-License-Identifier: ISC
#
# An idle session sleeps: no timer wakes child or monitor in 30 seconds.

. "$TOP/regress/lib.sh"
need_walls "its own system calls come on top"
each_mode
tid "an idle session makes no system calls"

ready_portal
admin=$(first_admin)
strace -qq -o /dev/null true 2>/dev/null || skip "no strace here"
[ -n "$IS_ROOT" ] || skip "needs root to trace what cannot be dumped"

hold_session idle web1
session_pids "$admin web1"
ok p -M -S "$T/mux" -o ControlPersist=100 -fN admin@portal
mkfifo "$T/shell.in"
exec 9<>"$T/shell.in"
$PYTHON -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
    ssh -F "$(conf)" admin@portal <&9 >"$T/shell.out" 2>&1 &
shell=$!
shell_is_there()
{
	[ -n "$(portal_pids shell)" ] && [ -s "$T/shell.out" ]
}
wait_for 10 shell_is_there || fail "no shell: $(cat "$T/shell.out")"
sleep 1

pids="$MONITOR $CHILD $(portal_pids shell)"
for pid in $(portal_pids shell); do
	parent=$(ps -o ppid= -p "$pid" | tr -d ' ')
	pids+=" $parent $(ps -o pid= --ppid "$parent" | grep -v "$pid")"
done
pids="$pids $(portal_pids keeper) $PORTAL_PID"

seconds=30
[ "$PORTAL_MODE" = root ] || seconds=12
tracers=()
for pid in $pids; do
	timeout -s INT $seconds strace -c -qq -o "$T/strace.$pid" -p "$pid" &
	tracers+=($!)
done
for tracer in "${tracers[@]}"; do
	wait "$tracer"
done
for pid in $pids; do
	calls=$(awk '$NF == "total" { print $4 }' "$T/strace.$pid")
	title=$(tr '\0' ' ' <"/proc/$pid/cmdline")
	echo "$pid ${title%% *} ${title#* }: ${calls:-0} calls in $seconds s"
	most=2		# strace itself makes one start anew
	case $title in
	*keeper*)		# three heartbeats, and proof that calls are seen
		most=300
		[ "${calls:-0}" -gt 0 ] || fail "no heartbeat of the keeper"
		;;
	esac
	[ "${calls:-0}" -le $most ] || {
		cat "$T/strace.$pid"
		fail "$title: $calls system calls in $seconds s"
	}
done
release_session idle 0
end_process $shell HUP
ok p -S "$T/mux" -O exit admin@portal
