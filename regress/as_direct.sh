#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What a session is through the portal, it is on the host itself: the same
# sessions are run both ways and their accounts compared, word for word.
# cost: 60

. "$TOP/regress/lib.sh"
each_mode
tid "a session does what it does without a portal"

host_of_a_person
cat >"$T/own" <<'END'
#!/bin/sh
echo "own begins" >&2
cat
exit 23
END
chmod 755 "$T/own"
# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="AcceptEnv LC_*
Subsystem own $T/own
Subsystem own-too@regress $T/own"
ready_portal
mkdir -m 1777 "$T/work"

# account NAME PORT USER KEY
account()
{
	timeout 120 $PYTHON "$HELPERS/session.py" "$2" "$3" "$4" "$T/work" \
	    >"$T/account.$1" 2>"$T/account.$1.err" ||
	    fail "$1: status $?: $(cat "$T/account.$1" "$T/account.$1.err")"
}

say "sessions of every kind"
account direct "$SSHD_PORT" "$HOST_USER" "$T/host/direct"
account portal "$PORTAL_PORT" web1 "$T/client/admin"
cat "$T/account.direct"
diff "$T/account.direct" "$T/account.portal" ||
    fail "what the portal makes of a session is another thing"

say "and they are what a session is to be"
wanted()
{
	grep -qxF -e "$1" "$T/account.portal" || fail "no line '$1'"
}
wanted "statuses: 0 1 2 126 127 128 129 137 143 254 255"
wanted "env_not_accepted: no yes: out b'\\n0\\n', err b'', status 1"
wanted "env_twice: yes yes yes: out b'2\\n', err b'', status 0"
wanted "eof_of_both: b'', then out b'', err b'', status 7"
wanted "too_late: yes no no no no no no"
grep '^signals: ' "$T/account.portal" | tr ';' '\n' >"$T/signals"
is "signals that the program saw" "$(grep -cE \
    "out b'got [A-Z0-9]+\\\\n', err b'', status 11" "$T/signals")" 6
like "signals that end it" "$(grep '^signals_fatal' "$T/account.portal")" \
    'signal HUP; .*signal INT; .*signal KILL; .*signal TERM; .*signal USR2$'
for name in ABRT ALRM FPE ILL PIPE SEGV sig@example.org '' SIGTERM; do
	is "signals '$name' that sshd has read" "$(grep -cF \
	    "session_signal_req: unsupported signal \"$name\"" \
	    "$T/host/sshd.log")" 2
done
