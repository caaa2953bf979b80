#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The ways in which ssh itself is used: without input, without a program, with
# and without a terminal, by its escapes; a hundred sessions of one connection.
# cost: 40

. "$TOP/regress/lib.sh"
each_mode
tid "ssh -n, -N, -T, -tt, escapes, and a hundred sessions at once"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="MaxSessions 200"
portal_config <<'END'
max-channels: 200
END
ready_portal
terminal()
{
	$PYTHON "$HELPERS/terminal.py" "$@" || fail "terminal: $*"
}

say "-n: a program that reads finds the end"
is "output" "$(echo nobody reads this | p -n web1@portal 'cat; echo end')" end

say "-N: a connection without a session, until it is ended"
ssh -F "$(conf)" -v -N web1@portal </dev/null >"$T/n.out" 2>"$T/n.err" &
pid=$!
wait_for 20 sessions_are 1 || fail "no session: $(cat "$T/n.err")"
wait_for 20 grep -q 'Entering interactive session' "$T/n.err" ||
    fail "$(cat "$T/n.err")"
end_process $pid
wait_for 10 sessions_are 0 || fail "it goes on"
is "output" "$(cat "$T/n.out")" ''

say "-T and -tt say whether there is a terminal"
is "-T" "$(p -T web1@portal 'test -t 0 || test -t 1; echo $?')" 1
is "-T, a shell" "$(echo 'test -t 0; echo $?; exit 5' |
    p -T web1@portal 2>"$T/err"; echo "${PIPESTATUS[1]}")" $'1\n5'
if host_has_ptys; then
	is "-tt" "$(p -tt web1@portal 'test -t 0 && test -t 1 && test -t 2
	    echo $?; exit 7' </dev/null 2>"$T/err" | tr -d '\r'
	    echo "${PIPESTATUS[0]}")" $'0\n7'

	say "~# and ~R: what is open, and new keys"
	terminal ssh -F "$(conf)" -v -E "$T/escapes" web1@portal <<-'END'
	expect host> $
	send \r
	expect host> $
	send ~#
	expect The following connections are open:
	expect #0 client-session
	send \r
	expect host> $
	send ~R
	pause 0.2
	send echo new $((40 + 2))\r
	expect new 42
	expect host> $
	send ~R
	send echo \r
	expect host> $
	resize 31 97
	send stty size\r
	expect 31 97
	send exit 6\r
	status 6
	END
	keys=$(grep -c 'SSH2_MSG_NEWKEYS received' "$T/escapes")
	[ "$keys" -ge 2 ] || fail "$keys key exchanges"

	say "~.: the end, of the program on the host as well"
	terminal ssh -F "$(conf)" -tt web1@portal \
	    'echo begun; exec sleep 86399' <<-'END'
	expect begun
	send \r
	send ~.
	expect Connection to .* closed
	status 255
	END
	wait_for 10 sessions_are 0 || fail "the session goes on"
	no_sleep()
	{
		! our_processes | xargs -r ps -o args= -p |
		    grep -q '^sleep 86399'
	}
	wait_for 10 no_sleep || fail "the program goes on"
fi

say "a hundred at once; half of them end while others begin"
ok p -M -S "$T/mux" -o ControlPersist=60 -fN web1@portal
# one I: lives until it is let go, or ends at once when I is even
one()
{
	local wait="until [ -e '$T/go' ]; do sleep 0.1; done;"

	[ $(($1 % 2)) -ne 0 ] || wait=
	p -S "$T/mux" web1@portal "echo in $1; $wait echo out $1; exit $1" \
	    </dev/null >"$T/one.$1" 2>&1
}
pids=()
for i in $(seq 100); do
	one "$i" &
	pids[i]=$!
done
all_in()
{
	[ "$(cat "$T"/one.* | grep -c '^in')" -eq 100 ]
}
wait_for 90 all_in || fail "in: $(cat "$T"/one.* | grep -c '^in')"
for i in $(seq 2 2 100); do
	wait "${pids[i]}"
	is "status of $i" $? "$i"
done
touch "$T/go"
for i in $(seq 1 2 100); do
	wait "${pids[i]}"
	is "status of $i" $? "$i"
	is "output of $i" "$(cat "$T/one.$i")" "in $i"$'\n'"out $i"
done
ok p -S "$T/mux" -O exit web1@portal
