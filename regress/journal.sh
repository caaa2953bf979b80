#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The log in systemd's journal: a real journald in a namespace of its own, and
# journalctl(1) finds lines by their fields.
# cost: 20

. "$TOP/regress/lib.sh"
need_root "a mount namespace"
journald=
for f in /usr/lib/systemd/systemd-journald /lib/systemd/systemd-journald; do
	[ ! -x $f ] || journald=$f
done
[ -n "$journald" ] && command -v systemd-cat >/dev/null ||
    skip "systemd is not here"
if [ -z "${OWN_RUN-}" ]; then
	unshare --mount --propagation private true 2>/dev/null ||
	    skip "no mount namespace of its own here"
	# by that mark, processes that a script leaves are found
	exec env -u REGRESS_DIR OWN_RUN=yes \
	    unshare --mount --propagation private bash "$0"
fi

tid "systemd's journal"

mount -t tmpfs tmpfs /run || skip "no tmpfs of its own here"
mkdir -p /run/log/journal
"$journald" >"$T/journald.log" 2>&1 &
J=$!
at_exit end_process $J
wait_for 10 test -S /run/systemd/journal/stdout ||
    skip "journald does not run here: $(cat "$T/journald.log")"

journal()
{
	journalctl --directory=/run/log/journal --quiet --output=cat "$@"
}

# journal_has ERE FIELD=VALUE ...
journal_has()
{
	local pattern=$1

	shift
	journal "$@" | grep -qE -e "$pattern"
}

# What systemd gives a service for its standard error.
start_service()
{
	make_portal_dir
	PORTAL_ENV=(systemd-cat --identifier=unused)
	db_flags
	PORTAL_PORT=${PORTAL_PORT:-$(free_port)}
	launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" \
	    --log-level=verbose "${DB_FLAGS[@]}" "$@"
	wait_for 20 journal_has 'daemon: ready$' || fail "not ready: $(journal)"
}

say "lines are there with fields, and once"
start_sshd
start_service --quiet=false
wait_for 10 journal_has invite: || fail "no invite: $(journal)"
client admin
redeem "$(journal | grep -oE 'invite:[A-Za-z0-9_-]+' | head -n 1 |
    cut -d: -f2)"
authorize_portal
add_host web1
admin=$(first_admin)
ok p web1@portal true
id=$(db_query 'SELECT MAX(id) FROM sessions')
wait_for 10 journal_has "^session $id: closed" SSHPORTAL_SESSION="$id" ||
    fail "no end: $(journal)"
is "begins" "$(journal | grep -c "^session $id: user ")" 1
for field in SSHPORTAL_USER="$admin" SSHPORTAL_HOST=web1 \
    SSHPORTAL_SOURCE=127.0.0.1 SSHPORTAL_PROCESS=monitor \
    SYSLOG_IDENTIFIER=sshportal PRIORITY=6 SYSLOG_FACILITY=4; do
	journal_has "^session $id: user .* session=$id\$" \
	    SSHPORTAL_SESSION="$id" "$field" || fail "nothing with $field"
done
client stranger
as stranger run p web1@portal true
wait_for 10 journal_has '^Failed publickey for web1 from 127.0.0.1 port' \
    SSHPORTAL_SOURCE=127.0.0.1 || fail "no failed login: $(journal)"

say "nobody gets a line that is another's: sockets are where they were"
is "lines with fields in the log file" \
    "$(grep -c 'SSHPORTAL_' "$PORTAL_DIR.log")" 0

say "after a reload too"
kill -HUP "$PORTAL_PID"
wait_for 20 journal_has 'daemon: sshportal .* has taken over' \
    SSHPORTAL_PROCESS=daemon || fail "no reload: $(journal)"

say "a journal that is gone leaves standard error"
end_process $J KILL
ok p web1@portal true
