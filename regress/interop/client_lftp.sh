#!/bin/bash
# SPDX-License-Identifier: ISC
#
# lftp, which speaks sftp through a program of one's choice, and mirrors trees.
# check

. "$TOP/regress/interop/lib.sh"
tid "client: lftp"
need lftp

row_ready
export HOME=$T/home
# it starts a terminal's ssh, and reads the host's name from the address
cat >"$T/lftprc" <<CMD
set sftp:connect-program "ssh -a -x -F $(conf)"
set net:max-retries 1
set net:timeout 20
set cmd:fail-exit true
open sftp://$LOGIN:@portal
CMD
lftp_do()
{
	{ cat "$T/lftprc"; printf '%s\n' "$@" bye; } >"$T/batch"
	bounded lftp -f "$T/batch"
}
row_put() { lftp_do "put $1 -o $2"; }
row_get() { lftp_do "get $1 -o $2"; }
check_copies

say "a tree, four files at once"
mkdir "$T/tree"
for i in $(seq 20); do
	head -c $((i * 5000)) /dev/urandom >"$T/tree/$i"
done
ok lftp_do "mirror -R -P 4 $T/tree $T/tree.there"
ok lftp_do "mirror -P 4 $T/tree.there $T/tree.back"
ok diff -r "$T/tree" "$T/tree.back"
