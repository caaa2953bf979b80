#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A host that goes away, or gives no more sessions, in the midst of it.

. "$TOP/regress/lib.sh"
each_mode
tid "hosts that go away"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="MaxSessions 3"
ready_portal

# The host's process of the connection of a session held.
host_process()
{
	our_processes | while read -r pid; do
		[ "$(ps -o comm= -p "$pid")" = bash ] &&
		    grep -qzx "SSH_CONNECTION=.*" "/proc/$pid/environ" &&
		    ps -o ppid= -p "$pid"
	done 2>/dev/null | tr -d ' ' | head -n 1
}

say "the host's sshd dies under a session"
hold_session one web1
sshd=$(host_process)
[ -n "$sshd" ] || fail "no process of the session on the host"
end_process "$sshd" KILL
wait_for 10 is_ended "$HELD_one" || fail "the client waits for a dead host"
wait "$HELD_one"
is "status" $? 255
like "what the person reads" "$(cat "$T/one.out")" '(^|
|: )sshportal: .*web1'
age_sessions
wait_for 15 sessions_are 0 || fail "the session's row stays active"

say "all sessions of a connection, and the others live"
ok p -M -S "$T/mux" -o ControlPersist=60 -fN web1@portal
hold_session two web1 -S "$T/mux"
hold_session three web1 -S "$T/mux"
sshd=$(host_process)
hold_session other web1
end_process "$sshd" KILL
wait_for 10 is_ended "$HELD_two" || fail "the second waits for a dead host"
wait_for 10 is_ended "$HELD_three" || fail "the third waits for a dead host"
release_session other 8

say "more sessions than the host allows"
p -S "$T/mux" -O exit web1@portal >"$T/run.err" 2>&1
ok p -M -S "$T/mux2" -o ControlPersist=60 -fN web1@portal
for i in 1 2 3; do
	hold_session "m$i" web1 -S "$T/mux2"
done
run p -o ControlMaster=no -S "$T/mux2" web1@portal true
[ "$status" -ne 0 ] || fail "the host gave a fourth session"
like "what the person reads" "$err" 'sshportal: .*session'
for i in 1 2 3; do
	release_session "m$i" "$i"
done
run_status 9 p -S "$T/mux2" web1@portal 'exit 9'
ok p -S "$T/mux2" -O exit web1@portal
