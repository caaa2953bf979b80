#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A person's shell on a host: the terminal's size and its changes, Ctrl-C,
# Ctrl-D, the exit status, and what the host knows of the terminal.

. "$TOP/regress/lib.sh"
each_mode
tid "a shell on a host, on a terminal"

terminal()
{
	$PYTHON "$HELPERS/terminal.py" "$@" || fail "on the terminal: $*"
}

ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"

say "size, resize, Ctrl-C, exit status"
TERM=xterm-256color terminal ssh -F "$(conf)" web1@portal <<'END'
expect host>
send stty size; echo TERM=$TERM\r
expect 24 80\r\n.*TERM=xterm-256color\r\n
expect host>
resize 40 132
pause 0.3
send stty size\r
expect 40 132\r\n
expect host>
resize 30 100
pause 0.3
send stty size\r
expect 30 100\r\n
expect host>
send sleep 1000\r
pause 0.5
send \x03
expect \^C.*host>
send echo status=$?\r
expect status=130\r\n
expect host>
send tty\r
expect /dev/pts/[0-9]+
expect host>
send exit 7\r
status 7
END

say "a full screen and job control"
terminal ssh -F "$(conf)" web1@portal <<'END'
expect host>
send cat | sort -r\r
pause 0.2
send one\rtwo\r\x04
expect two\r\none\r\n
expect host>
send sleep 1000\r
pause 0.5
send \x1a
expect Stopped
expect host>
send fg\r
expect fg\r\n.*sleep 1000\r\n
send \x03
expect \^C.*host>
send true\r
expect host>
send \x04
status 0
END

say "a command on a terminal: no stderr apart, but its status"
terminal ssh -tt -F "$(conf)" web1@portal \
    'test -t 0 && test -t 1 && test -t 2 && stty size; exit 33' <<'END'
expect 24 80\r\n
status 33
END

say "no terminal where none was asked for"
run_status 5 p -T web1@portal 'test ! -t 0 && test ! -t 1 && exit 5'
echo 'echo $0; exit 3' | p -T web1@portal >"$T/shell.out"
is "status of a shell without a terminal" "${PIPESTATUS[1]}" 3
like "its name" "$(cat "$T/shell.out")" '^-'

say "the person hangs up: what ran on the host hangs up too"
terminal ssh -F "$(conf)" web1@portal <<'END'
expect host>
send sleep 4242\r
pause 0.5
END
sleeping()
{
	our_processes | xargs -r ps -o args= -p | grep -q '^sleep 4242'
}
not_sleeping()
{
	! sleeping
}
wait_for 10 not_sleeping || fail "sleep 4242 still runs on the host"
