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
	    "$login@127.0.0.1: Permission denied (publickey,keyboard-interactive)."
	is "output" "$out" ''
	wait_for 5 log_has "Failed publickey for $login from 127.0.0.1 port" \
	    || fail "nothing in the log about $login"
done
portal_log >"$T/log"
from='from 127\.0\.0\.1 port [0-9]+'
ok grep -E "Failed publickey for web1 $from ssh2: ED25519 ${print//+/.}\$" \
    "$T/log"

say "a password is not asked for"
as stranger run_status 255 p -o PreferredAuthentications=password \
    -o BatchMode=no -o NumberOfPasswordPrompts=1 web1@portal true
like "what the person reads" "$err" \
    'Permission denied \(publickey,keyboard-interactive\)\.$'

say "no key at all: unless it is a script, it reads what to do, once"
MAKE='make one with "ssh-keygen", then redeem your invite ("ssh'
MAKE="$MAKE invite:TOKEN@...\") or give the .pub file to an administrator"
nokey=(-o BatchMode=no -o PubkeyAuthentication=no)
for login in web1 nosuchname admin "$(first_admin)"; do
	as stranger run_status 255 p "${nokey[@]}" "$login@portal" true
	is "what the person reads" "$(tr -d '\r' <<<"$err")" \
"sshportal: no key was offered: $MAKE
$login@127.0.0.1: Permission denied (publickey)."
	is "output" "$out" ''
done
as stranger run_status 255 p -o PubkeyAuthentication=no web1@portal true
is "what a script reads" "$err" \
    "web1@127.0.0.1: Permission denied (publickey,keyboard-interactive)."
run scp -F "$T/client/stranger.conf" "${nokey[@]}" "$T/client/stranger.pub" \
    web1@portal:
[ "$status" -ne 0 ] || fail "scp got in"
like "what scp says" "$err" '^sshportal: no key was offered'
as stranger run_status 255 p -T "${nokey[@]}" invite:nonsense@portal
like "of an invite" "$err" \
    'sshportal: no key was offered, and an invite needs one: '
run p -T "${nokey[@]}" healthcheck@portal
is "a health check" "$out$err" OK

say "with keys that are not accepted, how many, and which was the first"
as stranger run_status 255 p -o BatchMode=no web1@portal true
is "with one" "$(tr -d '\r' <<<"$err" | grep -cF "sshportal: the key that was\
 offered (of $print) is not accepted: ")" 1
like "the end" "$err" 'Permission denied \(publickey\)\.$'
ssh-keygen -q -t ecdsa -N '' -f "$T/other"
as stranger run_status 255 p -o BatchMode=no -i "$T/other" web1@portal true
first=$(ssh-keygen -lf "$T/other.pub" | cut -d' ' -f2)
is "with two" "$(grep -cF "sshportal: 2 keys were offered (the first is\
 $first), none is accepted: " <<<"$err")" 1
as stranger run_status 255 p -T -o BatchMode=no invite:nonsense@portal
is "sentences about an invite" "$(grep -c '^sshportal: ' <<<"$err")" 1
like "of an invite" "$err" 'sshportal: this invite is not valid'

say "an account that may not log in looks the same"
invite carl
db_query "UPDATE users SET disabled = 1 WHERE name = 'carl'"
as carl run_status 255 p -o BatchMode=no web1@portal true
like "what carl reads" "$err" \
    '^sshportal: the key that was offered \(of SHA256:.*\) is not accepted: '

# interactive STEP ...: what the portal answers to it, a line each, in $out
interactive()
{
	ok $PYTHON "$HELPERS/interactive.py" "$PORTAL_PORT" "$@"
}
info='info: |sshportal: no key was offered: '$MAKE'|0'

say "any number of answers is refused"
for n in 0 1 255; do
	interactive web1 ask answer:$n
	is "with $n answers" "$out" "$info
failure: publickey"
done
interactive web1 library
is "with paramiko's own method" "$out" "$info
BadAuthenticationType"

say "answers without a question, and questions without an answer"
interactive web1 stray:0 stray:3
is "the answers" "$out" ''
interactive web1 ask stray:1 stray:1
is "the answers" "$out" "$info"
! log_has 'Failed keyboard-interactive' || fail "blamed for the first time"

say "who comes back is told nothing, and blamed, up to max-auth-tries"
interactive web1 ask ask ask ask ask ask ask
is "the answers" "$out" "$info
$(yes 'failure: publickey' | head -5)
gone"
wait_for 5 log_has 'Failed keyboard-interactive for web1 from 127' ||
    fail "nothing in the log"
is "lines about it" "$(portal_log | grep -c 'Failed keyboard-inter')" 5

ok p admin@portal version

say "nothing reached the host"
is "logins there" "$(sshd_logins)" "$before"

say "who reads it first, gets in with a key then"
ok p -o BatchMode=no \
    -o PreferredAuthentications=keyboard-interactive,publickey \
    web1@portal echo in
is "output" "$out" in
like "what they read" "$err" '^sshportal: no key was offered'

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
