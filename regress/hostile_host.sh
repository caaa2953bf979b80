#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Hosts that lie: each ends its own session, by a sentence that everybody may
# read, and costs nobody else anything.
# cost: 120

. "$TOP/regress/lib.sh"
tid "hosts that lie"

ready_portal
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$T/rsa"
$PYTHON "$HELPERS/hostilehost.py" "$T/rsa" >"$T/hosts" 2>"$T/hostile.log" &
at_exit end_process $!
wait_for 20 grep -q ready "$T/hosts" || fail "$(cat "$T/hostile.log")"
while read -r way port; do
	[ "$way" != ready ] || continue
	admin host create "bart@127.0.0.1:$port" --name="$way" \
	    --logging=disabled
done <"$T/hosts"

# What may reach a terminal or a log: no control character but the line's end.
is_clean()
{
	! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\xc2\x9b|\xe2\x80\xae' \
	    "$1" || fail "escape sequences in $1: $(cat -v "$1" | tail -n 5)"
}

hold_session other web1
$PYTHON "$HELPERS/peak.py" "$BIN" >"$T/peak" &
peak=$!
at_exit end_process $peak


# lies WAY ERE [WORD ...]: the session ends with such a sentence.
lies()
{
	local way=$1 why=$2

	shift 2
	say "$way"
	run_status 255 p "$way@portal" "${@:-true}"
	is "$way: sentences in '$err'" \
	    "$(grep -c "^sshportal: host $way: " "$T/run.err")" 1
	like "$way" "$err" "$why"
	is_clean "$T/run.err"
}

# does WAY: what it does is not forbidden, or harms nobody.
does()
{
	say "$1"
	ok p "$1@portal" true
	is "$1: output" "$out" well
	is "$1: standard error" "$err" ''
}

say "before there are keys"
ended='no SSH connection could be made|it sends'
lies no-version 'it does not answer as an SSH server$'
lies long-version "$ended"
lies escaped-version "$ended"
for way in 4-GiB 2-GiB 0 1 odd; do
	lies length-$way "$ended"
done
lies short-kexinit "$ended"
lies endless-ignore 'it sends more than belongs to a login$'
lies unasked-packets 'it sends what nobody asked for$'

say "in the login"
lies banners 'it sends'
lies last-words 'ended the connection during the login as bart: .*owned.*lies'
admin host update prompts --password=secret
lies prompts 'it asks and asks, and lets nobody in$'
! grep -q secret "$T/hostile.log" || fail "the password was sent twice"

say "once a command runs"
lies junk 'the connection was lost'
lies data-beyond 'the connection was lost'
lies unasked-after 'it sends what nobody asked for$'
does wide-window
does unknown-channels
P_SECONDS=150 does channel-flood
does huge-requests
lies tiny-data 'the connection was lost'
is "what came" "$(tr -d x <"$T/run.out" | wc -c)" 0
say signal
run p signal@portal true
[ "$status" -eq 255 ] || fail "signal: status $status"
is_clean "$T/run.err"

say "no window for what the client sends: it waits, alone"
head -c 4194304 /dev/zero | ssh -F "$(conf)" no-window@portal cat \
    >"$T/stuck.out" 2>&1 &
stuck=$!
wait_for 20 grep -q stuck "$T/stuck.out" || fail "$(cat "$T/stuck.out")"
ok p web1@portal echo in
is "beside it" "$out" in
end_process $stuck
wait_for 20 sessions_are 1 || fail "it goes on: $(active_sessions)"

say "closed after so many bytes, and some more, until it is not"
for ((n = 1; n < 60; n++)); do
	run p cut@portal true
	is_clean "$T/run.err"
	[ "$status" -ne 0 ] || break
	is "status" "$status" 255
	is "cut $n: sentences in '$err'" \
	    "$(grep -c '^sshportal: host cut: ' "$T/run.err")" 1
done
is "in the end" "$status $out" "0 well"
[ $n -gt 10 ] || fail "after $n tries already"

say "nobody else has met anything of it"
release_session other 7
wait_for 20 sessions_are 0 || fail "sessions go on"
! log_has 'Killed|SIG|has died|signal [0-9]+' || fail "$(portal_log | tail)"
is_clean "$PORTAL_DIR.log"
for what in 'session ls' 'event ls'; do
	admin "$what"
	is_clean "$T/run.out"
done

say "memory"
kill "$peak"
wait "$peak"
read -r most first <"$T/peak"
echo "at most $most KiB, of which a spare has $first"
[ -n "${SANITIZED-}" ] || [ $((most - first)) -lt 3072 ] ||
    fail "$((most - first)) KiB more than a spare"
