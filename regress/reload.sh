#!/bin/bash
# SPDX-License-Identifier: ISC
#
# SIGHUP: new settings and a new program without dropping a session; a bad
# file changes nothing.

. "$TOP/regress/lib.sh"
each_mode
tid "reload"

portal_config <<'END'
healthcheck-user: health-one
END
ready_portal
hold_session old web1
keeper=$(portal_pids keeper)

say "a new setting holds, sessions live"
ok p health-one@portal
portal_config <<'END'
healthcheck-user: health-two
END
kill -HUP "$PORTAL_PID"
healthy()
{
	[ "$(p "$1@portal" </dev/null 2>/dev/null)" = OK ]
}
wait_for 20 healthy health-two || fail "the new setting does not hold"
client stranger
as stranger run p health-one@portal
is "status under the old name" "$status" 255
! is_ended "$PORTAL_PID" || fail "another daemon"
! is_ended "$HELD_old" || fail "the session ended"
one_keeper()
{
	[ "$(portal_pids keeper | wc -l)" -eq 1 ]
}
wait_for 10 one_keeper || fail "keepers: $(portal_pids keeper)"

say "logins during reloads are not refused"
for round in 1 2 3 4 5; do
	for i in 1 2 3 4 5 6; do
		p web1@portal "exit $((i + round))" </dev/null \
		    >"$T/out.$i" 2>&1 &
		pids[i]=$!
		[ $i -ne 3 ] || kill -HUP "$PORTAL_PID"
	done
	for i in 1 2 3 4 5 6; do
		wait "${pids[i]}"
		status=$?
		is "status of $round.$i ($(cat "$T/out.$i"))" "$status" \
		    $((i + round))
	done
done

say "a bad file is refused in words, and all goes on as before"
portal_config <<'END'
healthcheck-user: health-three
no-such-key: 1
END
kill -HUP "$PORTAL_PID"
wait_for 20 log_has 'no-such-key' || fail "nothing about it in the log"
ok p health-two@portal
ok p web1@portal true

say "a new program on disk"
portal_config <<'END'
healthcheck-user: health-four
END
cp "$BIN" "$BIN.new"
mv "$BIN.new" "$BIN"
kill -HUP "$PORTAL_PID"
wait_for 20 healthy health-four || fail "the new program does not serve"
if [ -n "$IS_ROOT" ]; then
	is "what the daemon runs" "$(readlink "/proc/$PORTAL_PID/exe")" "$BIN"
fi

say "a program that does not run is not taken"
mv "$BIN" "$T/good"
printf '#!/bin/sh\nexit 1\n' >"$BIN"
chmod 755 "$BIN"
: >"$T/mark"
kill -HUP "$PORTAL_PID"
sleep 1
ok p health-four@portal
mv "$T/good" "$BIN"

release_session old 31
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"
