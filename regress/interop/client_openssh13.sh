#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The OpenSSH of Debian 13, of which ssh, sftp and scp run here with their own
# libraries: post-quantum key exchange by default, sftp under scp.

. "$TOP/regress/interop/lib.sh"
tid "client: OpenSSH of Debian 13"

NEW=$PARTS/debian13/bin
[ -x "$NEW/ssh" ] || skip "no OpenSSH of Debian 13 beside this machine's own"

row_ready
ROW_EXEC=("$NEW/ssh" -F "$(conf)" $LOGIN@portal)
ROW_PTY=("$NEW/ssh" -F "$(conf)" -tt $LOGIN@portal)
row_put()
{
	echo "put $1 $2" | "$NEW/sftp" -q -S "$NEW/ssh" -F "$(conf)" -b - \
	    $LOGIN@portal
}
row_get()
{
	echo "get $1 $2" | "$NEW/sftp" -q -S "$NEW/ssh" -F "$(conf)" -b - \
	    $LOGIN@portal
}
check_all

say "scp by both protocols"
for protocol in -s -O; do
	rm -f "$T/file.there" "$T/file.back"
	ok bounded "$NEW/scp" -q $protocol -S "$NEW/ssh" -F "$(conf)" \
	    "$T/file" "$LOGIN@portal:$T/file.there"
	ok bounded "$NEW/scp" -q $protocol -S "$NEW/ssh" -F "$(conf)" \
	    "$LOGIN@portal:$T/file.there" "$T/file.back"
	same_file "$T/file" "$T/file.back"
done
