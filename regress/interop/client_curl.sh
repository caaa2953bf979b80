#!/bin/bash
# SPDX-License-Identifier: ISC
#
# curl with sftp:// and scp://.
# check

. "$TOP/regress/interop/lib.sh"
tid "client: curl"
need curl
curl --version | grep -q ' sftp ' || skip "this curl speaks no sftp"

row_ready
export HOME=$T/home
to()
{
	local scheme=$1 path=$2

	shift 2
	bounded curl -sS --key "$T/client/admin" \
	    --pubkey "$T/client/admin.pub" -u "$LOGIN:" "$@" \
	    "$scheme://127.0.0.1:$PORTAL_PORT$path"
}
row_put() { to sftp "$2" -T "$1"; }
row_get() { to sftp "$1" -o "$2"; }
check_copies
row_put() { to scp "$2" -T "$1"; }
row_get() { to scp "$1" -o "$2"; }
check_copies

say "a directory is listed"
ok to sftp "$T/client/"
like "the list" "$out" 'admin.pub'

say "what is not there has a status"
run to sftp "$T/nothing"
[ "$status" -ne 0 ] || fail "status 0"
