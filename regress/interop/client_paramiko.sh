#!/bin/bash
# SPDX-License-Identifier: ISC
#
# paramiko, the client of many a Python program.
# check
# cost: 30

. "$TOP/regress/interop/lib.sh"
tid "client: paramiko"
$PYTHON -c 'import paramiko' 2>/dev/null ||
    skip "no paramiko: run contrib/deps --test"

row_ready
by_program $PYTHON "$INTEROP/client_paramiko.py"
check_all
check_forward
check_rekey

say "keys of other types"
for type in rsa ecdsa; do
	client "$type" "$type"
	invite "$type"
	KEY_OF=$type by_program $PYTHON "$INTEROP/client_paramiko.py"
	check_exec
done
