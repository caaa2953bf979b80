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
max-auth-tries: 2
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
is "what it is told" "$greeting" "Exceeded MaxStartups"$'\r'
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
	p -S "$T/mux" web1@portal \
	    "echo in; until test -e '$T/go'; do sleep 0.1; done" \
	    </dev/null >"$T/channel.$i" &
	pids+=($!)
done
four()
{
	[ "$(cat "$T"/channel.*)" = $'in\nin\nin\nin' ]
}
wait_for 30 four || fail "not four sessions"
# refused before it is a channel: the client makes a connection of its own
ok p -o ControlMaster=no -S "$T/mux" web1@portal true
like "what it says of the fifth" "$err" 'Session open refused by peer'
touch "$T/go"
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

say "signatures: max-auth-tries of them, and keys that are offered do not count"
tries()
{
	run $PYTHON "$HELPERS/confusion.py" "$PORTAL_PORT" web1 "exit 9" "$@"
}
for i in 1 2 3; do
	ssh-keygen -q -t ed25519 -N '' -f "$T/client/k$i"
done
tries query:"$T/client/k2" query:"$T/client/k3" sign:"$T/client/k1" \
    sign:"$T/client/admin"
is "status of the second signature ($err)" "$status" 9
tries sign:"$T/client/k1" sign:"$T/client/k2" sign:"$T/client/admin"
unlike "status of the third" "$status" '^[09]$'
wait_for 10 log_has 'Too many authentication failures' ||
    fail "nothing in the log"

say "forged signatures"
set --
for i in 4 5 6 7 8 9 10 11; do
	ssh-keygen -q -t ed25519 -N '' -f "$T/client/k$i"
	set -- "$@" "forge:$T/client/admin:$T/client/k$i"
done
run $PYTHON "$HELPERS/confusion.py" "$PORTAL_PORT" web1 true "$@" \
    sign:"$T/client/admin"
[ "$status" -ne 0 ] || fail "the ninth signature still counted"

say "between begin and full, chance decides"
portal_config <<'END'
max-startups: 2:50:1000
healthcheck-user: renamed
END
kill -HUP "$PORTAL_PID"
reloaded()
{
	[ "$(p renamed@portal </dev/null 2>/dev/null)" = OK ]
}
wait_for 20 reloaded || fail "the new settings do not hold"
connect first
connect second
in=0 out=0
for i in $(seq 80); do
	connect next
	case $greeting in
	SSH-2.0-*) in=$((in + 1)) ;;
	Exceeded*) out=$((out + 1)) ;;
	*) fail "greeting $i: $greeting" ;;
	esac
	eval "exec $next>&-"
	[ $in -lt 3 ] || [ $out -lt 3 ] || break
done
[ $in -ge 3 ] && [ $out -ge 3 ] || fail "$in were let in, $out refused"
