#!/bin/bash
# SPDX-License-Identifier: ISC
#
# proftpd with mod_sftp: files by sftp and scp, and nothing else.
# cost: 15

. "$TOP/regress/interop/lib_host.sh"
tid "host: proftpd's mod_sftp"

ROOT=$PARTS/proftpd
[ -x "$ROOT/usr/sbin/proftpd" ] ||
    skip "no proftpd: run contrib/deps --interop"
need_root "proftpd"
ready_for_host
ssh-keygen -e -f "$T/portal.pub" >"$T/keys"
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$T/rsa"
echo "root:$(openssl passwd -6 "$HOST_PASSWORD"):0:0::$HOST_HOME:/bin/sh" \
    >"$T/passwd"
chmod 600 "$T/passwd" "$T/keys"
cat >"$T/proftpd.conf" <<-CONFIG
ModulePath $ROOT/usr/lib/proftpd
LoadModule mod_sftp.c
ServerName host
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
Port $HOST_PORT
UseIPv6 off
UseReverseDNS off
RootLogin on
RequireValidShell off
User root
Group root
WtmpLog off
AuthUserFile $T/passwd
AuthOrder mod_auth_file.c
PidFile $T/proftpd.pid
ScoreboardFile $T/scoreboard
SystemLog $T/proftpd.log
DelayEngine off
SFTPEngine on
SFTPLog $T/sftp.log
SFTPHostKey $T/rsa
SFTPAuthorizedUserKeys file:$T/keys
SFTPRekey required 60 1
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
CONFIG
libs=$ROOT/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null ||
    gcc -print-multiarch)
serve env LD_LIBRARY_PATH="$libs" "$ROOT/usr/sbin/proftpd" -n -q \
    -c "$T/proftpd.conf"
add_row
check_copies
check_scp -s -O

say "what it does not do is said by it, and ends as with any client"
run bounded ssh -F "$(conf)" row@portal true
[ "$status" -ne 0 ] || fail "a command: status 0"

say "a login by password"
LOGIN=row-password
check_copies
