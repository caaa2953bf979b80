#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The OpenSSH server of Debian 13, run here with its own libraries.
# cost: 20

. "$TOP/regress/interop/lib_host.sh"
tid "host: OpenSSH of Debian 13"

NEW=$PARTS/debian13/bin
[ -x "$NEW/sshd" ] || skip "no OpenSSH of Debian 13 beside this machine's own"

ready_for_host
mkdir -p /run/sshd
cat >"$T/sshd_config" <<-CONFIG
Port $HOST_PORT
ListenAddress 127.0.0.1
HostKey $T/hostkey
PidFile none
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PrintMotd no
UseDNS no
PerSourcePenalties no
RekeyLimit 256K
Subsystem sftp $NEW/sftp-server
SshdSessionPath $NEW/sshd-session
SshdAuthPath $NEW/sshd-auth
CONFIG
serve_apart "$NEW/sshd" -D -e -f "$T/sshd_config"
add_row
check_all
check_scp -O -s
check_rekey
check_password
