#!/bin/bash
# SPDX-License-Identifier: ISC
#
# sshfs: files of the host as files here.

. "$TOP/regress/interop/lib.sh"
tid "client: sshfs"
need sshfs fusermount3
need_root "mounting"
[ -e /dev/fuse ] || skip "no /dev/fuse on this machine"

row_ready
mkdir "$T/there" "$T/mounted"
# ended by its unmounting
sshfs -F "$(conf)" "$LOGIN@portal:$T/there" "$T/mounted" >"$T/sshfs.log" 2>&1 ||
    { grep -q 'fuse: .*[Oo]peration not permitted' "$T/sshfs.log" &&
    skip "FUSE is not permitted on this machine"; fail "$(cat "$T/sshfs.log")"; }
at_exit unmount
unmount()
{
	! mountpoint -q "$T/mounted" || fusermount3 -u "$T/mounted"
}
head -c 3000000 /dev/urandom >"$T/file"
ok cp "$T/file" "$T/mounted/file"
ok sync "$T/mounted/file"
same_file "$T/file" "$T/there/file"
same_file "$T/file" "$T/mounted/file"
ok mv "$T/mounted/file" "$T/mounted/other"
[ -e "$T/there/other" ] || fail "it was not renamed"
ok rm "$T/mounted/other"
[ ! -e "$T/there/other" ] || fail "it is still there"
ok unmount

[ -z "${DIRECT-}" ] || exit 0
say "its files are events"
written()
{
	out=$(db_query "SELECT args FROM events WHERE domain = 'file' AND
	    action = '$1' AND entity LIKE '%/there/$2' ORDER BY id LIMIT 1")
	[ -n "$out" ]
}
wait_for 15 written put file || fail "no event of what was written"
like "result" "$out" '"result":"ok"'
like "sum" "$out" "\"sha256\":\"$(sha256sum "$T/file" | cut -d' ' -f1)\""
wait_for 15 written rename file || fail "no event of the renaming"
wait_for 15 written remove other || fail "no event of the removal"
