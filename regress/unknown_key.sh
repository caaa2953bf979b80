#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Who is not known is refused at authentication, in the stock words, and the
# log says who offered what from where, in sshd's words.

. "$TOP/regress/lib.sh"
each_mode
tid "an unknown key is refused at authentication"

ready_portal
before=$(sshd_logins)
client stranger
print=$(ssh-keygen -lf "$T/client/stranger.pub" | cut -d' ' -f2)

for login in web1 admin root nosuchname host:web1; do
	say "as $login"
	as stranger run_status 255 p "$login@portal" true
	is "what the person reads" "$err" \
	    "$login@127.0.0.1: Permission denied (publickey)."
	is "output" "$out" ''
	wait_for 5 log_has "Failed publickey for $login from 127.0.0.1 port" \
	    || fail "nothing in the log about $login"
done
portal_log >"$T/log"
from='from 127\.0\.0\.1 port [0-9]+'
ok grep -E "Failed publickey for web1 $from ssh2: ED25519 ${print//+/.}\$" \
    "$T/log"

say "a password or other methods are not asked for"
as stranger run_status 255 p -o PreferredAuthentications=password \
    -o BatchMode=no -o NumberOfPasswordPrompts=1 web1@portal true
like "what the person reads" "$err" 'Permission denied \(publickey\)\.$'
as stranger run_status 255 p -o PreferredAuthentications=keyboard-interactive \
    web1@portal true
like "what the person reads" "$err" 'Permission denied \(publickey\)\.$'

say "no key at all"
as stranger run_status 255 p -o PubkeyAuthentication=no web1@portal true
like "what the person reads" "$err" 'Permission denied \(publickey\)\.$'

say "nothing reached the host"
is "logins there" "$(sshd_logins)" "$before"

say "a name with control characters neither breaks the log's lines"
as stranger run p -l $'evil\r\nFailed publickey for x from 9.9.9.9\e[31m' \
    portal true
[ "$status" -ne 0 ] || fail "that got in"
! portal_log | grep -q '^Failed publickey for x from 9' ||
    fail "a client wrote a line of the log"
! portal_log | grep -q $'\e\|\r' || fail "control characters in the log"

say "stock fail2ban filters, told the name of our daemon"
portal_log | sed 's/^/Jan  2 03:04:05 host /' >"$T/log"	# as syslog does
if command -v fail2ban-regex >/dev/null; then
	ok fail2ban-regex "$T/log" 'sshd[_daemon=sshportal]'
	like "matches" "$out" 'Lines: .* ([5-9]|[1-9][0-9]+) matched'
else
	# what its sshd filter is after, in its mode "aggressive" too
	head='^Jan  2 03:04:05 host sshportal\[[0-9]+\]:'
	ok grep -cE "$head Failed publickey for \S+ $from ssh2: \S+ \S+\$" \
	    "$T/log"
	[ "$out" -ge 5 ] || fail "$out lines of failed keys"
	who='(authenticating|invalid) user \S+'
	ok grep -E "$head Connection closed by $who ${from#from } \[preauth\]\$" \
	    "$T/log"
fi
