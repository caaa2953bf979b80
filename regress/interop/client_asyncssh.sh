#!/bin/bash
# SPDX-License-Identifier: ISC
#
# asyncssh, which opens its channels at once and knows OpenSSH's extensions.
# check

. "$TOP/regress/interop/lib.sh"
tid "client: asyncssh"
$PYTHON -c 'import asyncssh' 2>/dev/null ||
    skip "no asyncssh: run contrib/deps --test"

row_ready
by_program $PYTHON "$INTEROP/client_asyncssh.py"
check_all
check_forward

# That of Debian 12 goes on with its data meanwhile: its connection ends at once.
say "new keys in the middle"
REKEY=yes bounded "${ROW_EXEC[@]}" cat <"$T/stdin" >"$T/stdin.back"
status=$?
if [ $status -eq 0 ]; then
	same_file "$T/stdin" "$T/stdin.back"
else
	is "status" $status 255
	wait_for 10 log_has 'the client broke the protocol: ' ||
	    fail "it is not logged"
fi
