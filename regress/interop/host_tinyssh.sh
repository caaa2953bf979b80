#!/bin/bash
# SPDX-License-Identifier: ISC
#
# tinyssh: one cipher, one kind of key, no passwords.
# cost: 15

. "$TOP/regress/interop/lib_host.sh"
tid "host: tinyssh"

TINY=$PARTS/tinyssh/usr/sbin
[ -x "$TINY/tinysshd" ] || skip "no tinyssh: run contrib/deps --interop"
need socat
ready_for_host
"$TINY/tinysshd-makekey" "$T/tinykeys" || fail "tinysshd-makekey"
serve_apart socat "TCP-LISTEN:$HOST_PORT,bind=127.0.0.1,reuseaddr,fork" \
    "EXEC:$TINY/tinysshd -v -x sftp=/usr/lib/openssh/sftp-server $T/tinykeys"
add_row
check_all
check_scp -O -s
check_rekey

say "it takes no password: that is said"
refused "password" 'login as .* was refused' p row-password@portal true
