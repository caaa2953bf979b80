#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What a client may ask that the portal does not do: it gets its answer, and the
# session goes on.
# cost: 20

. "$TOP/regress/lib.sh"
tid "requests that are unknown are answered, and end nothing"

# ask ANSWERS [pty] <script
ask()
{
	local want=$1

	shift
	cat >"$T/script"
	# shellcheck disable=SC2016 # for the shell in it
	ok sh -c 'exec "$@" <"$0"' "$T/script" $PYTHON \
	    "$HELPERS/oddclient.py" "$PORTAL_PORT" web1 "$T/client/admin" \
	    ask "$@"
	is "answers" "${out//$'\n'/ }" "$want"
}

ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"

say "of a channel"
for pty in '' pty; do
	ask 'no no no' $pty <<-'END'
	request nonsense@example.org
	request break 00000064
	tell simple@putty.projects.tartarus.org
	request winadj@putty.projects.tartarus.org
	END
done
ask '' pty <<-'END'
	tell break 000003e8
	tell break 000003e8
	tell nonsense@example.org 0000
END

say "of the connection"
ask 'no no yes yes no 1' <<'END'
global nonsense@example.org
global hostkeys-prove-00@openssh.com
say nonsense@example.org
say hostkeys-00@openssh.com
global keepalive@openssh.com
session
open nonsense@example.org
END

say "no more sessions, as OpenSSH's client promises"
ask 'no' <<'END'
say no-more-sessions@openssh.com
session
END
wait_for 10 sessions_are 0 || fail "a session is still active"
ok p web1@portal echo alive
is "output" "$out" alive
