#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Spares are always there, are new after a reload, and serve although their
# database was away while they waited.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
tid "spares"

portal_config <<'END'
spares: 3
END
ready_portal

have_spares()
{
	wait_for 20 spares_are "$1" ||
	    fail "not $1 spares: $(portal_pids 'monitor spare')"
}

# reload SPARES: with so many after it, and none of those before.
reload()
{
	local old pid

	old=$(portal_pids "monitor spare")
	portal_config <<-END
	spares: $1
	END
	kill -HUP "$PORTAL_PID"
	for pid in $old; do
		wait_for 20 is_ended "$pid" || fail "the old spare $pid stays"
	done
	have_spares "$1"
}

say "one that is taken is replaced"
have_spares 3
old=$(portal_pids "monitor spare")
hold_session one web1
have_spares 3
[ "$(portal_pids "monitor spare")" != "$old" ] || fail "the same spares"
release_session one 3

say "one that dies is replaced"
have_spares 3
set -- $(portal_pids "monitor spare")
kill -KILL "$1"
wait_for 10 is_ended "$1" || fail "a killed spare lives"
have_spares 3

say "a reload replaces all, and their number is as set"
reload 3
reload 1

[ "$DB" = mysql ] || exit 0
say "a database that was away: the spares that waited serve at once"
reload 3
old=$(portal_pids "monitor spare")
stop_mariadb
start_mariadb
is "spares" "$(portal_pids "monitor spare")" "$old"
for i in 1 2 3; do
	hold_session "s$i" web1
done
for pid in $old; do
	! is_ended "$pid" || fail "the spare $pid did not serve"
done

say "a reload while it is away: sessions live, and who logs in waits for it"
stop_mariadb
kill -HUP "$PORTAL_PID"
wait_for 20 log_has 'setup failed: trying again' || fail "no word about it"
for i in 1 2; do
	release_session "s$i" "1$i"
done
start_mariadb
ok p web1@portal echo served
is "output" "$out" served
have_spares 3
release_session s3 13
wait_for 20 sessions_are 0 || fail "$(active_sessions) sessions are active"
