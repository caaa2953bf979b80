#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What becomes of a session whose recording cannot be made, or not be gone on
# with.

. "$TOP/regress/lib.sh"
each_mode
tid "sessions without their recording"

ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"
add_host strict
db_query "UPDATE hosts SET record = 'required' WHERE name = 'strict'"
ok p -tt web1@portal 'echo shown'
like "output" "$out" shown
logs=$(find "$PORTAL_DIR" -name '*.ttyrec*' -printf '%h\n' | head -n 1)
[ -n "$logs" ] || fail "nothing was recorded"
logs=$(dirname "$logs")

# What a recording shows, its frames' heads taken off.
played()
{
	$PYTHON - "$1" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
while len(data) >= 12:
    n, = struct.unpack("<I", data[8:12])
    if len(data) < 12 + n:
        break
    sys.stdout.buffer.write(data[12:12 + n])
    data = data[12 + n:]
END
}

say "a directory that cannot be written to"
mv "$logs" "$logs.aside"
: >"$logs"
ok p -tt web1@portal 'echo in'
like "output" "$out" '(^|[^ ])in'
like "what the person reads" "$err" 'sshportal: the session is not recorded'
unlike "what the person reads" "$err" 'this session is recorded'
log_has 'recording session-[0-9]*-1 in .*: Not a directory' ||
    fail "not a word in the log"
events_are()
{
	[ "$(db_query "SELECT COUNT(*) FROM events WHERE domain = 'recording'
	    AND action = 'lost'")" -eq "$1" ]
}
wait_for 10 events_are 1 || fail "no event"
ok p web1@portal 'echo in'
is "output" "$out" in
is "errors without a terminal" "$err" ''
refused "a session whose recording is required" 'cannot be recorded now' \
    p -tt strict@portal 'echo in'
refused "a command whose recording is required" 'cannot be recorded now' \
    p strict@portal 'echo in'
is "why it was refused" "$(db_query 'SELECT COUNT(*) FROM channels
    WHERE refused LIKE '"'%cannot be recorded%'")" 2
rm "$logs"
mv "$logs.aside" "$logs"

say "a disk that gets full"
need_root "mounting a small file system"
size=$(du -sk "$logs" | cut -f1)
if mount -t tmpfs -o "size=$((size + 256))k" tmpfs "$logs" 2>/dev/null; then
	at_exit umount "$logs"
	chown --reference="$PORTAL_DIR" "$logs"
	ok p -tt web1@portal 'head -c 4000000 /dev/zero | tr "\0" x; echo;
	    sleep 1; echo un""seen'
	like "output" "${out: -20}" unseen
	is "warnings" "$(grep -c 'no longer recorded' <<<"$err")" 1
	log_has 'recording stops: No space' || fail "not a word in the log"
	# whole up to the last frame
	f=$(find "$logs" -name '*.ttyrec*')
	played "$f" >"$T/played"
	[ "$(wc -c <"$T/played")" -gt 100000 ] || fail "little was recorded"
	unlike "the end of the recording" "$(tail -c 20 "$T/played")" unseen

	say "a disk that gets full where the recording is required"
	rm "$f"
	run p -tt strict@portal 'head -c 4000000 /dev/zero | tr "\0" x; echo;
	    sleep 3; echo un""seen'
	[ "$status" -ne 0 ] || fail "status 0 with a full disk"
	! grep -q unseen "$T/run.out" || fail "it went on unrecorded"
	wait_for 10 sessions_are 0 || fail "the session goes on"
	like "why it ended" "$(db_query 'SELECT error FROM sessions
	    ORDER BY id DESC LIMIT 1')" 'can no longer be recorded'
else
	skip "no mounts here: the rest passed"
fi
