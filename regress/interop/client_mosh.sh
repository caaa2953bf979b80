#!/bin/bash
# SPDX-License-Identifier: ISC
#
# mosh cannot work through a portal: its UDP would have to pass.  Whoever tries
# reads that at once, and no server stays on the host.

. "$TOP/regress/interop/lib.sh"
tid "client: mosh reads why not"
need mosh

row_ready
export HOME=$T/home TERM=xterm LC_ALL=C.UTF-8
started=$(grep -c "Starting session" "$T/host/sshd.log")
for path in mosh-server "$T/bin/mosh-server"; do
	say "mosh --server=$path"
	$PYTHON "$HELPERS/terminal.py" mosh --ssh="ssh -F $(conf)" \
	    --server="$path" "$LOGIN@portal" <<-'CMD' || fail "on the terminal"
	expect sshportal: mosh does not work here: its UDP would go to the portal
	expect Did not find mosh server startup message
	status 10
	CMD
done

say "nothing was run there"
is "sessions that the host has started" \
    "$(grep -c "Starting session" "$T/host/sshd.log")" "$started"
for pid in $(our_processes); do
	[ "$(cat "/proc/$pid/comm")" != mosh-server ] || fail "it runs"
done

say "a command that only has the word in it is a command"
ok p "$LOGIN@portal" 'echo mosh-server'
is "output" "$out" mosh-server
run_status 127 p "$LOGIN@portal" 'not-mosh-server new'
