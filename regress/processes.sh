#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The processes: who they are, what they may, how they end and crash.
# cost: 30

. "$TOP/regress/lib.sh"
need_walls "these are what is tested"
each_mode
tid "processes: uids, walls, deaths and crashes"

unused=key-that-only-an-import-would-want-$RANDOM$RANDOM
ready_portal "" --aes-key="$unused"
admin=$(first_admin)

status_of()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '\t ' ' '
}

say "titles"
is "daemon" "$(portal_pids daemon)" "$PORTAL_PID"
is "keepers" "$(portal_pids keeper | wc -l)" 1
[ "$(portal_pids monitor | wc -l)" -ge 1 ] || fail "no spare monitor"
[ "$(portal_pids child | wc -l)" -ge 1 ] || fail "no spare child"
hold_session one web1
session_pids "$admin web1"
is "titles without a role" "$(for pid in $(portal_pids); do
	tr '\0' ' ' <"/proc/$pid/cmdline"
	echo
    done | grep -cvE '^sshportal: (daemon|keeper|archivist|monitor|child|shell)')" 0
keeper=$(portal_pids keeper)

say "uids"
if [ "$PORTAL_MODE" = root ]; then
	is "daemon" "$(status_of "$PORTAL_PID" Uid)" "0 0 0 0"
	is "keeper" "$(status_of "$keeper" Uid)" \
	    "$MONITOR_UID $MONITOR_UID $MONITOR_UID $MONITOR_UID"
	for pid in $(portal_pids monitor); do
		is "monitor" "$(status_of "$pid" Uid)" \
		    "$MONITOR_UID $MONITOR_UID $MONITOR_UID $MONITOR_UID"
	done
	child_uid=$(status_of "$CHILD" Uid | cut -d' ' -f1)
	[ "$child_uid" -gt 1000 ] && [ "$child_uid" -ne $MONITOR_UID ] ||
	    fail "the child's uid is $child_uid"
	for pid in $(portal_pids child); do
		is "child" "$(status_of "$pid" Uid)" \
		    "$child_uid $child_uid $child_uid $child_uid"
		is "child's groups" "$(status_of "$pid" Groups | tr -d ' ')" ''
	done
fi

say "walls of every child"
for pid in $(portal_pids child); do
	is "seccomp" "$(status_of "$pid" Seccomp)" 2
	is "no_new_privs" "$(status_of "$pid" NoNewPrivs)" 1
	for set in CapInh CapPrm CapEff CapAmb; do
		is "$set" "$(status_of "$pid" $set)" 0000000000000000
	done
	is "threads" "$(status_of "$pid" Threads)" 1
	[ -z "$IS_ROOT" ] || {
		is "core size" "$(awk '/Max core/ { print $5 $6 }' \
		    "/proc/$pid/limits")" 00
		is "processes" "$(awk '/Max processes/ { print $3 $4 }' \
		    "/proc/$pid/limits")" 00
	}
	# who is not dumpable belongs to root there
	is "owner of its /proc" "$(stat -c %u "/proc/$pid/mem")" 0
	if [ "$PORTAL_MODE" = root ]; then
		is "what is in its root directory" \
		    "$(find "/proc/$pid/root/" -mindepth 1)" ''
		is "the mode of its root directory" \
		    "$(stat -c '%a %u' "/proc/$pid/root/")" '555 0'
	fi
	if [ -n "$IS_ROOT" ]; then
		unlike "open files" "$(ls -l "/proc/$pid/fd")" \
		    'sshportal\.db|\.key|\.yaml|memfd'
	fi
done

say "walls of the others"
for pid in $keeper $(portal_pids monitor); do
	is "owner of its /proc" "$(stat -c %u "/proc/$pid/mem")" 0
	is "capabilities" "$(status_of "$pid" CapEff)" 0000000000000000
done
# keys lie in memory that is never written to a disk
for pid in $keeper $(portal_pids monitor); do
	locked=$(status_of "$pid" VmLck)
	[ "${locked% kB}" -gt 0 ] || fail "$(tr '\0' ' ' \
	    <"/proc/$pid/cmdline") has no locked memory"
done
if [ -n "$IS_ROOT" ]; then
	echo "text aes-key $unused" >"$T/secrets"
	# shellcheck disable=SC2046 # lists of process ids
	ok "$PYTHON" "$HELPERS/memscan.py" "$T/secrets" "$keeper" \
	    $(portal_pids monitor) "$PORTAL_PID"
fi
mkfifo "$T/shell.in"
exec 9<>"$T/shell.in"
ssh -F "$(conf)" admin@portal <&9 >"$T/shell.out" 2>&1 &
in_shell=$!
has_shell()
{
	[ -n "$(portal_pids shell)" ]
}
wait_for 10 has_shell || fail "no shell"
shell=$(portal_pids shell)
is "owner of a shell's /proc" "$(stat -c %u "/proc/$shell/mem")" 0
is "a shell's capabilities" "$(status_of "$shell" CapEff)" 0000000000000000
exec 9>&-
end_process $in_shell
is "owner of the daemon's /proc" "$(stat -c %u "/proc/$PORTAL_PID/mem")" 0
if [ -n "$IS_ROOT" ]; then
	unlike "what the daemon has open" "$(ls -l "/proc/$PORTAL_PID/fd")" \
	    'sshportal\.db( |$|-wal)|\.key'
	# it executed itself anew: neither flags nor environment are left
	unlike "its words" "$(tr '\0' ' ' <"/proc/$PORTAL_PID/cmdline")" \
	    "$PORTAL_PORT|--"
	unlike "its environment" "$(tr '\0' ' ' \
	    <"/proc/$PORTAL_PID/environ")" 'HOME=|SSHPORTAL_'
fi

say "a child that is killed ends its session alone"
hold_session two web1
kill -KILL "$CHILD"
wait_for 10 is_ended "$HELD_one" || fail "the client of a dead child waits"
wait_for 10 is_ended "$MONITOR" || fail "the monitor of a dead child stays"
release_session two 13
layout()
{
	[ -n "$IS_ROOT" ] || return 0
	grep -E '\[(heap|stack)\]' "/proc/$PORTAL_PID/maps" | cut -d- -f1
}

say "a child that crashes ends its session alone; the daemon starts anew"
hold_session three web1
hold_session four web1
set -- $(portal_pids "monitor $admin web1")
before=$(layout)
CHILD=$(ps -o pid= --ppid "$1" | tr -d ' ')
other=$(ps -o pid= --ppid "$2" | tr -d ' ')
kill -SEGV "$CHILD"
wait_for 10 is_ended "$CHILD" || fail "the child lives"
ended_one()
{
	is_ended "$HELD_three" || is_ended "$HELD_four"
}
wait_for 10 ended_one || fail "the client of a crashed child waits"
if is_ended "$HELD_three"; then
	survivor=four
else
	survivor=three
fi
wait_for 10 log_has 'SEGV|signal 11|Segmentation' ||
    fail "not a word in the log about the crash"
new_layout()
{
	[ -z "$IS_ROOT" ] || [ "$(layout)" != "$before" ]
}
wait_for 10 new_layout || fail "the same layout as before: $before"
is "daemon" "$(portal_pids daemon)" "$PORTAL_PID"
ok p web1@portal echo served
is "output" "$out" served
! is_ended "$other" || fail "another child died too"
release_session $survivor 14

say "a daemon that re-executed still reaps and counts"
for i in 1 2 3 4 5; do
	ok p web1@portal true
done
no_zombies()
{
	[ -z "$(ps -o pid=,stat= --ppid "$PORTAL_PID" | grep ' Z')" ]
}
wait_for 5 no_zombies || fail "zombies: $(ps --ppid "$PORTAL_PID")"

say "a monitor that is killed takes its child with it"
hold_session five web1
session_pids "$admin web1"
kill -KILL "$MONITOR"
wait_for 10 is_ended "$CHILD" || fail "the child of a dead monitor lives"
wait_for 10 is_ended "$HELD_five" || fail "its client waits"

say "a child that does not listen is killed too, across uids"
hold_session six web1
session_pids "$admin web1"
kill -STOP "$CHILD"
kill -KILL "$MONITOR"
wait_for 10 is_ended "$CHILD" || fail "a stopped child lives"
end_process "$HELD_six"
age_sessions
wait_for 20 sessions_are 0 || fail "$(active_sessions) sessions are active"

say "SIGTERM stops accepting and lets sessions live"
hold_session seven web1
kill -TERM "$PORTAL_PID"
not_answering()
{
	! port_answers "$PORTAL_PORT"
}
wait_for 10 not_answering || fail "it still listens"
sleep 0.5
! is_ended "$PORTAL_PID" || fail "the daemon left a session alone"
! is_ended "$keeper" || fail "the keeper left a session alone"
release_session seven 15
wait_for 15 is_ended "$PORTAL_PID" || fail "the daemon stays after SIGTERM"
wait "$PORTAL_PID"
is "its status" $? 0
PORTAL_PID=
wait_for 10 no_portal_pids || fail "left: $(portal_pids)"

say "SIGINT ends all sessions, those that are stuck too"
start_portal
hold_session eight web1
session_pids "$admin web1"
hold_session nine web1
kill -STOP "$CHILD"
start=$(now_ms)
stop_portal INT || fail "SIGINT"
took=$(($(now_ms) - start))
[ $took -lt 12000 ] || fail "it took $took ms"
is "its status" "$PORTAL_STATUS" 0
wait_for 5 is_ended "$HELD_nine" || fail "a client lives on"
end_process "$HELD_eight"
is "rows of active sessions" "$(active_sessions)" 0
