#!/bin/bash
# SPDX-License-Identifier: ISC
#
# conch, the SSH server of Twisted.
# cost: 15

. "$TOP/regress/interop/lib_host.sh"
tid "host: Twisted's conch"

$PYTHON -c 'import twisted.conch.unix' 2>/dev/null ||
    skip "no conch: run contrib/deps --interop"
need_root "its processes become the user that they are already"
ready_for_host
ssh-keygen -q -t ecdsa -m PEM -N '' -f "$T/ecdsa"
serve $PYTHON "$INTEROP/conch_host.py" "$HOST_PORT" "$T/ecdsa" \
    "$HOST_HOME/.ssh/authorized_keys" "$HOST_USER" "$HOST_PASSWORD"
add_row
# it tells the size to shells only
ROW_SIZE='0 0'
check_all
check_scp -O	# its sftp cannot set the attributes of an open file
check_rekey
check_password
