#!/bin/bash
# SPDX-License-Identifier: ISC
#
# asyncssh's server, which wants new keys all the time.
# cost: 15

. "$TOP/regress/interop/lib_host.sh"
tid "host: asyncssh"

$PYTHON -c 'import asyncssh' 2>/dev/null ||
    skip "no asyncssh: run contrib/deps --interop"
ready_for_host
serve $PYTHON "$INTEROP/asyncssh_host.py" "$HOST_PORT" "$T/hostkey" \
    "$HOST_HOME/.ssh/authorized_keys" "$HOST_USER" "$HOST_PASSWORD"
add_row
check_all
check_scp -O	# its sftp ends without a status, which scp does not like
check_rekey
check_password
