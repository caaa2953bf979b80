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
