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
refused_for()
{
	log_has "reload refused, program and settings stay.*$1"
}
portal_config <<'END'
healthcheck-user: health-three
no-such-key: 1
END
kill -HUP "$PORTAL_PID"
wait_for 20 refused_for 'no-such-key' || fail "nothing about it in the log"
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

say "another runtime directory is refused in words"
settings_refused()
{
	portal_config
	kill -HUP "$PORTAL_PID"
	wait_for 20 refused_for "$1" || fail "no word about '$1'"
	ok p health-four@portal
}
settings_refused 'cannot move to another' <<END
healthcheck-user: health-five
runtime-dir: $T/elsewhere
END

release_session old 31
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"

say "addresses come and go; one in use is refused in words"
stop_portal || fail "SIGINT"
second=$(free_port)
addresses()
{
	portal_config <<-END
	bind-address: [$1]
	END
}
addresses "'127.0.0.1:$PORTAL_PORT', '127.0.0.1:$second'"
db_flags
launch_portal "${DB_FLAGS[@]}"
wait_for 20 portal_ready
! is_ended "$PORTAL_PID" || fail "it does not start"
port_answers "$second" || fail "nobody listens on the second port"
addresses "'127.0.0.1:$PORTAL_PORT', '127.0.0.1:$second',
    '127.0.0.1:$SSHD_PORT'"
kill -HUP "$PORTAL_PID"
wait_for 20 refused_for 'port is in use' || fail "no word about the port"
ok p web1@portal true
addresses "'127.0.0.1:$PORTAL_PORT'"
kill -HUP "$PORTAL_PID"
gone()
{
	! port_answers "$second"
}
wait_for 20 gone || fail "the second port is still listened on"
ok p web1@portal true
# what the one that goes still holds is there for the one that comes
addresses "'0.0.0.0:$PORTAL_PORT'"
kill -HUP "$PORTAL_PID"
wait_for 20 log_has "listening on 0.0.0.0 port $PORTAL_PORT" ||
    fail "no move to all addresses: $(portal_log)"
ok p web1@portal true
