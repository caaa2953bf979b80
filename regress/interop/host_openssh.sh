#!/bin/bash
# SPDX-License-Identifier: ISC
#
# OpenSSH's server as this machine has it, which wants new keys all the time.
# cost: 20

. "$TOP/regress/interop/lib_host.sh"
tid "host: OpenSSH of this machine"

SSHD_CONFIG='RekeyLimit 256K'
ready_portal
by_ssh
check_all
check_scp -O -s
check_rekey

[ -n "$IS_ROOT" ] || exit 0	# for a password of its own
HOST_PORT=$(free_port)
mkdir -p "$HOST_HOME"
sed -e "s/^Port .*/Port $HOST_PORT/" \
    -e 's/^PasswordAuthentication no/PasswordAuthentication yes/' \
    "$T/host/sshd_config" >"$T/sshd_config"
serve_apart /usr/sbin/sshd -D -e -f "$T/sshd_config"
add_row
check_password
