#!/bin/bash
# SPDX-License-Identifier: ISC
#
# ssh2, SSH in JavaScript for Node.js.

. "$TOP/regress/interop/lib.sh"
tid "client: ssh2 for Node.js"
need node
[ -d "$PARTS/node/node_modules/ssh2" ] ||
    skip "no ssh2: run contrib/deps --interop"

row_ready
export NODE_PATH=$PARTS/node/node_modules
by_program node "$INTEROP/node/client.js"
check_all
check_forward
