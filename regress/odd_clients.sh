#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Clients that log in as they should and then flood, read nothing, or break the
# protocol: each costs a bounded amount of memory and rests in the end, or is
# thrown out with a reason; a session beside them echoes all the while.
# timeout: 600
# cost: 200

. "$TOP/regress/lib.sh"
need_walls "it takes memory of its own"
tid "clients that do not behave"
need_root "others' memory"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="AcceptEnv LC_*
MaxSessions 200"
ready_portal
admin=$(first_admin)
invite odd
as odd ok p web1@portal true

# KiB that a process has for itself alone
own_memory()
{
	awk '/^(Private_|Swap:)/ { sum += $2 } END { print sum + 0 }' \
	    "/proc/$1/smaps_rollup"
}

# clock ticks of CPU that it has used
ticks()
{
	local stat

	read -r stat <"/proc/$1/stat"
	# shellcheck disable=SC2086 # its words
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

begin()
{
	: >"$T/odd.out"
	rm -f "$T/odd.in"
	mkfifo "$T/odd.in"
	$PYTHON -W ignore "$HELPERS/odd_client.py" "$PORTAL_PORT" web1 \
	    "$T/client/odd" "$@" <"$T/odd.in" >"$T/odd.out" 2>&1 &
	odd=$!
	exec {IN}>"$T/odd.in"
	wait_for 60 grep -q begun "$T/odd.out" || fail "$1: $(cat "$T/odd.out")"
}

has()
{
	grep -q "$1" "$T/odd.out"
}

# Lets it go, and ends it where it waits for a server that reads no more.
go()
{
	exec {IN}>&-
	wait_for 3 is_ended $odd || end_process $odd KILL
	wait $odd 2>/dev/null
	wait_for 20 one_session || fail "$1: its session goes on"
}

# the echo's alone
one_session()
{
	sessions_are 1
}

# No CPU in half a second, or nearly.
is_at_rest()
{
	local before

	before=$(ticks "$CHILD")
	sleep 0.5
	[ $(($(ticks "$CHILD") - before)) -le 2 ]
}

# It has sent all; a client that BLOCKS can send no more.
is_settled()
{
	{ has '^done' || has '^ended' || [ -n "$BLOCKS" ]; } && is_at_rest
}

# bears MOST WAY [ARGUMENT]: it stays, with at most so many KiB more.
bears()
{
	local most=$1 more

	shift
	begin "$@"
	session_pids "odd web1"
	wait_for 120 is_settled || fail "$1: the child does not rest"
	! has '^ended' || fail "$1: $(cat "$T/odd.out")"
	more=$(($(own_memory "$CHILD") - IDLE))
	echo "$*: $more KiB more, $(tail -n 1 "$T/odd.out")"
	[ $more -le "$most" ] ||
	    fail "$*: $more KiB more than an idle session"
	go "$1"
}

# The reason of a session that has ended since the one with id $before.
reason_of_new()
{
	db_query "SELECT error FROM sessions
	    WHERE id > $before AND status = 'closed'"
}

is_thrown_out()
{
	[[ $(reason_of_new) =~ broke\ the\ protocol:\ .*$1 ]]
}

# ends REASON WAY: it is thrown out, with this in the log and the history.
ends()
{
	local reason=$1 before

	shift
	before=$(db_query 'SELECT MAX(id) FROM sessions')
	begin "$@"
	wait_for 30 is_thrown_out "$reason" ||
	    fail "$1: the reason: '$(reason_of_new)' is not like '$reason'"
	wait_for 10 log_has "broke the protocol: .*$reason" ||
	    fail "$1: no reason in the log"
	go "$1"
}

# What reads nothing on the host outlives its session, as with sshd.
end_sleepers()
{
	local pid

	for pid in $(our_processes); do
		[[ $(ps -o args= -p "$pid") != "sleep 86398" ]] ||
		    kill "$pid"
	done
}
at_exit end_sleepers

say "an echo, all the while"
$PYTHON "$HELPERS/echo.py" "$T/stop" timeout 900 ssh -F "$(conf)" \
    web1@portal cat >"$T/echo.out" 2>&1 &
echo=$!
wait_for 20 one_session || fail "no session to echo"
as odd hold_session idle web1
session_pids "odd web1"
IDLE=$(own_memory "$CHILD")
echo "an idle session: $IDLE KiB"
release_session idle 1
wait_for 20 one_session || fail "the idle session goes on"

say "who reads nothing"
BLOCKS=
bears 2048 never_reads
bears 2048 window_never_grows
bears 3072 never_reads_many 20
bears 2560 never_read_by_host 1

say "floods, of what is to be answered and of what is not"
BLOCKS=yes
bears 2048 global_requests 100000
unlike "a client that reads no answers" "$(cat "$T/odd.out")" done
BLOCKS=
bears 2048 global_requests_odd 40000
bears 2048 channel_requests 40000
bears 2048 unknown_packets 40000
for way in window_changes signals envs tiny_data empty_data ignores debugs; do
	bears 2048 $way 15000
done
bears 2048 big_ignores 300

say "channels, programs and keys without end"
bears 2048 opens 10000
bears 2048 opens_closed 1500
bears 2048 programs 200
bears 2048 rekeys 700
unlike "the log" "$(portal_log)" 'gate: '

say "what is out of order, and means nothing"
for way in data_before_open data_after_close data_past_window short_messages \
    wrong_lengths; do
	bears 2560 $way
done

say "what breaks the protocol"
ends 'overflows' adjusts
ends 'rejected packet \(type 80\)' requests_in_rekey
ends 'rejected packet \(type 50\)' auth_again
ends 'rejected packet \(type 21\)' newkeys_alone
ends 'rejected packet \(type 20\)' kexinit_twice
ends 'Packet len too high' huge_packet
ends '.' garbage

say "the echo has heard nothing of it"
: >"$T/stop"
wait $echo || fail "echo: $(cat "$T/echo.out")"
cat "$T/echo.out"
as odd ok p web1@portal echo still
is "output" "$out" still
