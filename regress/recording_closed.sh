#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Who is to be recorded and cannot be does not get in, nor stays.

. "$TOP/regress/lib.sh"
each_mode
tid "no session without its recording"

ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"
ok p -tt web1@portal 'echo shown'
like "output" "$out" shown
logs=$(find "$PORTAL_DIR" -name '*.ttyrec' -printf '%h\n' | head -n 1)
[ -n "$logs" ] || fail "nothing was recorded"
logs=$(dirname "$logs")

say "a directory that cannot be written to"
mv "$logs" "$logs.aside"
: >"$logs"
run p -tt web1@portal 'echo in'
[ "$status" -ne 0 ] || fail "status 0"
unlike "output" "$out" '(^|[^ ])in'
like "what the person reads" "$out$err" 'sshportal: .*recorded'
# what is not to be recorded is not hindered
ok p web1@portal 'echo in'
is "output" "$out" in
rm "$logs"
mv "$logs.aside" "$logs"

say "a disk that gets full"
need_root "mounting a small file system"
size=$(du -sk "$logs" | cut -f1)
if mount -t tmpfs -o "size=$((size + 256))k" tmpfs "$logs" 2>/dev/null; then
	at_exit umount "$logs"
	chown --reference="$PORTAL_DIR" "$logs"
	run p -tt web1@portal 'head -c 4000000 /dev/zero | tr "\0" x; echo;
	    sleep 3; echo unseen'
	[ "$status" -ne 0 ] || fail "status 0 with a full disk"
	! grep -q unseen "$T/run.out" || fail "it went on unrecorded"
	log_has 'recording stops: No space' || fail "not a word in the log"
	wait_for 10 sessions_are 0 || fail "the session goes on"
	like "why it ended" "$(db_query 'SELECT error FROM sessions
	    ORDER BY id DESC LIMIT 1')" 'can no longer be recorded'
else
	skip "no mounts here: the rest passed"
fi
