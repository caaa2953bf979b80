#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What becomes of recordings: each is finished once, however its processes
# ended, and verify finds what was done to it afterwards.
# db: sqlite3 mysql
# cost: 40

. "$TOP/regress/lib.sh"
each_mode
tid "recordings are finished"

zstd=
! grep -q '^#define HAVE_ZSTD 1' "$TOP/config.h" || zstd=yes
logs=$PORTAL_DIR/log

# files [SUFFIX]: those of recordings.
files()
{
	find "$logs" -type f -name "session-*${1-}" -printf '%P\n' | sort
}

# The one file of a session, finished.
file_of()
{
	files | grep "/session-$1-" | grep -v '\.part$'
}

none_written()
{
	[ -z "$(files .part)" ]
}

last_session()
{
	db_query 'SELECT MAX(id) FROM sessions'
}

# finished ID: whether the recording of a session is; sets file and args.
finished()
{
	file=$(file_of "$1")
	[ -n "$file" ] || return 1
	args=$(db_query "SELECT args FROM events WHERE domain = 'recording'
	    AND action = 'finished' AND entity = '$file'
	    AND session_id = $1")
	[ -n "$args" ]
}

# forget_session NAME: of one held that was killed.
forget_session()
{
	local fd

	eval "fd=\$IN_$1"
	eval "exec $fd>&-"
}

# All at once, as when the machine loses its power.
kill_portal()
{
	# shellcheck disable=SC2046 # a list of process ids
	kill -KILL $(portal_pids)
	wait_for 10 no_portal_pids || fail "left: $(portal_pids)"
	wait "$PORTAL_PID" 2>/dev/null
	PORTAL_PID=
}

# told ID: it is, and the event, one, is true.
told()
{
	wait_for 60 finished "$1" || fail "session $1: $(files)"
	wait_for 10 none_is "$1" || fail "it stays: $(files .part)"
	is "events of $file" "$(wc -l <<<"$args")" 1
	is "size in the event" "$(jq -r .size <<<"$args")" \
	    "$(stat -c %s "$logs/$file")"
	is "sum in the event" "$(jq -r .sha256 <<<"$args")" \
	    "$(sha256sum <"$logs/$file" | cut -d' ' -f1)"
}

none_is()
{
	! files .part | grep -q "/session-$1-"
}

verify()
{
	db_flags
	run as_starter verify "${DB_FLAGS[@]}" --logs-location="$logs"
}

ready_portal "" --logs-location="$logs"
ok p web1@portal 'echo shown'
told "$(last_session)"
like "name" "$file" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}/session-[0-9]+-1\.ttyrec$'
grep -q shown "$logs/$file" || fail "what is in $file"
is "recovered" "$(jq .recovered <<<"$args")" null
verify
is "verify ($out $err)" "$status" 0
like "verify" "$out" '^1 recordings are as they were finished, 0 faults'

say "kill -9 of a child, of a monitor"
for victim in CHILD MONITOR; do
	hold_session $victim web1
	session_pids "$(first_admin) web1"
	id=$(last_session)
	age_sessions
	eval "kill -KILL \$$victim"
	told "$id"
	grep -q held "$logs/$file" || fail "what is in $file"
	[ $victim = CHILD ] ||
	    is "recovered" "$(jq .recovered <<<"$args")" true
	forget_session $victim
done

say "kill -9 of everything: the next start finishes it"
hold_session all web1
id=$(last_session)
kill_portal
forget_session all
[ -n "$(files .part)" ] || fail "it is not .part: $(files)"
flags=("--logs-location=$logs" ${zstd:+--recording-compress=zstd})
start_portal "" "${flags[@]}"
told "$id"
is "recovered" "$(jq .recovered <<<"$args")" true
grep -q held "$logs/$file" || fail "what is in $file"

if [ -n "$zstd" ]; then
	say "compressed"
	ok p web1@portal 'i=0; while [ $i -lt 9999 ]; do
	    echo "line $i"; i=$((i + 1)); done'
	told "$(last_session)"
	like "name" "$file" '\.ttyrec\.zst$'
	ok zstd -q -t "$logs/$file"
	zstd -q -dc "$logs/$file" >"$T/plain"
	grep -q 'line 9998' "$T/plain" || fail "what is in it"
fi

say "another instance's are left alone"
if [ "$DB" = mysql ]; then
	hold_session other web1
	id=$(last_session)
	kill_portal
	forget_session other
	mv "$PORTAL_DIR/sshportal.db.d" "$PORTAL_DIR/first.d"
	start_portal "" "${flags[@]}"
	ok p web1@portal 'echo other'
	told "$(last_session)"
	! none_is "$id" || fail "finished: $(files)"
	stop_portal || fail "stop"
	mv "$PORTAL_DIR/sshportal.db.d" "$PORTAL_DIR/second.d"
	mv "$PORTAL_DIR/first.d" "$PORTAL_DIR/sshportal.db.d"
	! none_is "$id" || fail "finished: $(files)"
	verify
	like "verify" "$out" ', 1 are being written or wait'
	start_portal "" "${flags[@]}"
	told "$id"
fi

say "what was edited, cut, removed and added is found"
verify
is "verify ($out $err)" "$status" 0
mapfile -t f < <(files)
chmod u+w "${f[@]/#/$logs/}"
printf x | dd of="$logs/${f[0]}" conv=notrunc status=none
truncate -s 5 "$logs/${f[1]}"
mv "$logs/${f[2]}" "$logs/${f[2]%/*}/session-9999-1.ttyrec"
verify
is "verify ($out $err)" "$status" 1
like "verify" "$out" "recording ${f[0]}: edited"
like "verify" "$out" "recording ${f[1]}: cut off: 5 of [0-9]+ bytes"
like "verify" "$out" "recording ${f[2]}: missing"
like "verify" "$out" "session-9999-1.ttyrec: unknown: no event tells of it"

say "too many: the oldest go, and verify knows why"
stop_portal || fail "stop"
mv "$logs"/*/session-9999-1.ttyrec "$logs/${f[2]}"
start_portal "" "${flags[@]}" --recording-keep-size=1
none_left()
{
	[ -z "$(files)" ]
}
wait_for 30 none_left || fail "left: $(files)"
log_has 'recordings were removed: more than 1 bytes in all' ||
    fail "not a word in the log"
ok p web1@portal 'echo new'
told "$(last_session)"
verify
unlike "verify" "$out" 'missing'

say "a disk that is full"
need_root "mounting a small file system"
[ -n "$zstd" ] || skip "nothing is compressed here: the rest passed"
stop_portal || fail "stop"
mount -t tmpfs -o size=1500k,mode=700 tmpfs "$logs" 2>/dev/null ||
    skip "no mounts here: the rest passed"
at_exit umount "$logs"
chown --reference="$PORTAL_DIR" "$logs"
start_portal "" "${flags[@]}"
ok p web1@portal 'head -c 600000 /dev/urandom | base64 -w 60'
told "$(last_session)"
like "name" "$file" '\.zst$'
hold_session last web1
ok p web1@portal 'head -c 500000 /dev/urandom | base64 -w 60'
id=$(last_session)
told "$id"
like "name" "$file" '\.ttyrec$'
log_has "$file stays uncompressed: No space left on device" ||
    fail "not a word in the log"
release_session last 0
