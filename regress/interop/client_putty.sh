#!/bin/bash
# SPDX-License-Identifier: ISC
#
# PuTTY's plink, psftp and pscp, with a key in PuTTY's own format.
# check

. "$TOP/regress/interop/lib.sh"
tid "client: PuTTY"
need plink psftp pscp puttygen

row_ready
export HOME=$T/home
mkdir "$HOME"
ok puttygen "$T/client/admin" -O private -o "$T/key.ppk"
FINGERPRINT=$(ssh-keygen -lf - <<<"$portal_key" | cut -d' ' -f2)
OPTIONS=(-batch -P "$PORTAL_PORT" -i "$T/key.ppk" -hostkey "$FINGERPRINT")

ROW_EXEC=(plink "${OPTIONS[@]}" $LOGIN@127.0.0.1)
ROW_PTY=(plink -t "${OPTIONS[@]}" $LOGIN@127.0.0.1)
row_put()
{
	echo "put $1 $2" >"$T/batch"
	psftp "${OPTIONS[@]}" -b "$T/batch" $LOGIN@127.0.0.1
}
row_get()
{
	echo "get $1 $2" >"$T/batch"
	psftp "${OPTIONS[@]}" -b "$T/batch" $LOGIN@127.0.0.1
}
check_all

say "pscp by both protocols"
for protocol in -scp -sftp; do
	rm -f "$T/file.there" "$T/file.back"
	ok bounded pscp $protocol "${OPTIONS[@]}" "$T/file" \
	    "$LOGIN@127.0.0.1:$T/file.there"
	ok bounded pscp $protocol "${OPTIONS[@]}" \
	    "$LOGIN@127.0.0.1:$T/file.there" "$T/file.back"
	same_file "$T/file" "$T/file.back"
done

say "compressed"
ok bounded plink -C "${OPTIONS[@]}" $LOGIN@127.0.0.1 'seq 20000'
is "the last of it" "${out##*$'\n'}" 20000

say "a host that is not there: the reason"
run bounded plink "${OPTIONS[@]}" nowhere@127.0.0.1 true
[ "$status" -ne 0 ] || fail "status 0"
like "what plink shows" "$err" 'sshportal: '
