#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Limits: logins under way, connections, channels of one connection,
# signatures.

. "$TOP/regress/lib.sh"
each_mode
tid "limits"

portal_config <<'END'
max-startups: 3:100:3
max-connections: 6
max-channels: 4
login-grace-time: 60s
END
ready_portal

# connect NAME: a connection that does not log in.
connect()
{
	local fd

	exec {fd}<>"/dev/tcp/127.0.0.1/$PORTAL_PORT"
	eval "$1=$fd"
	read -r -t 10 greeting <&"$fd" || fail "no greeting"
}

say "logins under way"
for i in 1 2 3; do
	connect "stalled$i"
	like "greeting $i" "$greeting" '^SSH-2\.0-'
done
connect fourth
unlike "greeting beyond max-startups" "$greeting" '^SSH-'
run_status 255 p web1@portal true
wait_for 5 log_has 'past max-startups' || fail "nothing in the log"
for fd in $stalled1 $stalled2 $stalled3 $fourth; do
	eval "exec $fd>&-"
done
served()
{
	p web1@portal true </dev/null >/dev/null 2>&1
}
wait_for 10 served || fail "no login after the others have left"

say "channels of one connection"
ok p -M -S "$T/mux" -o ControlPersist=60 -fN web1@portal
pids=()
for i in 1 2 3 4; do
	p -S "$T/mux" web1@portal 'sleep 3' </dev/null &
	pids+=($!)
done
four()
{
	[ "$(our_processes | xargs -r ps -o args= -p | grep -cx 'sleep 3')" \
	    -eq 4 ]
}
wait_for 10 four || fail "not four sessions"
# refused before it is a channel: the client makes a connection of its own
ok p -o ControlMaster=no -S "$T/mux" web1@portal true
like "what it says of the fifth" "$err" 'Session open refused by peer'
for pid in "${pids[@]}"; do
	wait "$pid" || fail "status $? of a session within the limit"
done
ok p -S "$T/mux" web1@portal echo again
is "output" "$out" again
ok p -S "$T/mux" -O exit web1@portal

say "connections"
for i in 1 2 3 4 5 6; do
	hold_session "c$i" web1
done
too_many()
{
	run_status 255 p web1@portal true
	# such lines come every few seconds at most
	log_has 'past max-connections'
}
wait_for 30 too_many || fail "nothing in the log"
release_session c1 1
wait_for 10 served || fail "no login after another has left"
for i in 2 3 4 5 6; do
	release_session "c$i" "$i"
done

say "signatures"
for i in $(seq 8); do
	ssh-keygen -q -t ed25519 -N '' -f "$T/client/k$i"
	set -- "$@" "forge:$T/client/admin:$T/client/k$i"
done
run $PYTHON "$HELPERS/confusion.py" "$PORTAL_PORT" web1 true "$@" \
    sign:"$T/client/admin"
[ "$status" -ne 0 ] || fail "the ninth signature still counted"
