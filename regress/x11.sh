#!/bin/bash
# SPDX-License-Identifier: ISC
#
# X11 through the portal: a real X client on the host, a real X server here,
# both with their cookies.

. "$TOP/regress/lib.sh"
tid "forwarded displays"

SSHD_CONFIG="X11Forwarding yes
AddressFamily inet"
ready_portal

# The server chooses its own number, and takes nobody without the cookie.
cookie=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export XAUTHORITY=$T/xauthority
touch "$XAUTHORITY"
xauth -q add :0 . "$cookie" 2>/dev/null
Xvfb -displayfd 5 -screen 0 640x480x24 -nolisten tcp -auth "$XAUTHORITY" \
    5>"$T/display" >"$T/xvfb.log" 2>&1 &
at_exit end_process $!
wait_for 20 test -s "$T/display" || fail "no X server: $(cat "$T/xvfb.log")"
DISPLAY=:$(cat "$T/display")
export DISPLAY
xauth -q add "$DISPLAY" . "$cookie"
xdpyinfo >"$T/here" || fail "the X server is not usable here"

say "a client on the host shows on this display"
for flag in -Y -X; do
	ok p $flag web1@portal 'echo "$DISPLAY"; xdpyinfo'
	like "$flag: a display on the host" "$out" '^(localhost|127\.0\.0\.1):'
	like "$flag: this screen" "$out" 'dimensions: +640x480'
done

say "several clients at once"
ok p -Y web1@portal 'for i in 1 2 3 4; do xdpyinfo & done; wait'
is "answers" "$(grep -c 'dimensions: *640x480' <<<"$out")" 4

say "the host has a cookie of its own: this one is never shown to it"
ok p -Y web1@portal 'xauth list'
unlike "the cookie" "$out" "$cookie"

say "without -X there is none"
ok p -x web1@portal 'echo "<$DISPLAY>"'
is "display" "$out" '<>'

say "each is a row of the session"
shown()
{
	[ "$(db_query "SELECT COUNT(*) FROM channels
	    WHERE type = 'x11' AND ended_at > 0")" -ge 6 ]
}
wait_for 20 shown || fail "the history lacks some"
