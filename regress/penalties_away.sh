#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A login that fails for want of a database is not the person's fault: their
# address gets no penalty.
# db: mysql

. "$TOP/regress/lib.sh"
tid "no penalties while the database is away"
[ "$DB" = mysql ] || skip "it is a server's database that goes away"

portal_config <<'END'
per-source-penalty-exempt-list: none
per-source-penalties: authfail:100s noauth:100s min:1s
END
ready_portal
client stranger

say "while it is away"
stop_mariadb
run_status 255 p -b 127.0.0.60 web1@portal true
like "what it reads" "$err" 'database'
start_mariadb
served()
{
	p -b 127.0.0.60 web1@portal true </dev/null >/dev/null 2>&1
}
wait_for 20 served || fail "127.0.0.60 does not get in"
! log_has 'penalty: 127\.0\.0\.60' || fail "a penalty for it"

say "when it is back, one who is refused has one"
as stranger run_status 255 p -b 127.0.0.60 web1@portal true
wait_for 20 log_has 'penalty: 127\.0\.0\.60/32 is refused' ||
    fail "no penalty"
