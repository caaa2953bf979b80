#!/bin/bash
# SPDX-License-Identifier: ISC
#
# One portal a database: a second one is refused, also after a reload of the
# first, which is not disturbed.

. "$TOP/regress/lib.sh"
each_mode
tid "a second portal on the same database"

ready_portal

second_is_refused()
{
	run as_starter server --bind-address=127.0.0.1:0 "${DB_FLAGS[@]}"
	is "status ($err)" "$status" 1
	like "what the operator reads" "$err" 'another portal uses this database'
	ok p web1@portal true </dev/null
}

ready_lines()
{
	[ "$(portal_log | grep -c 'daemon: ready')" -ge "$1" ]
}

second_is_refused
say "after a reload"
kill -HUP "$PORTAL_PID"
wait_for 20 ready_lines 2 || fail "no reload: $(portal_log)"
second_is_refused

say "why it does not start is read on the terminal, also with syslog"
set_starter
(cd "$PORTAL_DIR" && $PYTHON "$HELPERS/terminal.py" "${STARTER[@]}" "$BIN" \
    server --syslog --bind-address="127.0.0.1:$PORTAL_PORT" "${DB_FLAGS[@]}"
) <<END || fail "on a terminal"
expect cannot listen on .*in use by another program
status 1
END
run as_starter server --syslog --bind-address="127.0.0.1:$PORTAL_PORT" \
    "${DB_FLAGS[@]}"
is "status" "$status" 1
is "without a terminal" "$err" ''
