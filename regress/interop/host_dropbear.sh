#!/bin/bash
# SPDX-License-Identifier: ISC
#
# dropbear, as it is in routers and in the first moments of a machine's start.
# cost: 15

. "$TOP/regress/interop/lib_host.sh"
tid "host: dropbear"

need dropbear dropbearkey
ready_for_host
dropbearkey -t ed25519 -f "$T/dropbear_key" >/dev/null
serve_apart dropbear -F -E -p "127.0.0.1:$HOST_PORT" -r "$T/dropbear_key"
add_row
check_all
check_scp -O -s
check_rekey
check_password
