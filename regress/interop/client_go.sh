#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Go's x/crypto/ssh, from Debian's packages and without a network.

. "$TOP/regress/interop/lib.sh"
tid "client: Go's x/crypto/ssh"
need go
[ -d /usr/share/gocode/src/golang.org/x/crypto/ssh ] ||
    skip "no x/crypto for Go: run contrib/deps --interop"

export GOPATH=/usr/share/gocode GO111MODULE=off GOFLAGS= GOPROXY=off
export GOCACHE=$T/gocache GOTOOLCHAIN=local
ok go build -o "$T/goclient" "$INTEROP/go/client.go"

row_ready
# sftp over what the program makes of a subsystem
cat >"$T/over" <<CMD
#!/bin/sh
exec "$T/goclient" $PORTAL_PORT $LOGIN "$T/client/admin" \\
    "$T/home/.ssh/known_hosts" subsystem sftp
CMD
chmod +x "$T/over"
by_program "$T/goclient"
row_put() { echo "put $1 $2" | sftp -q -S "$T/over" -b - "$LOGIN"; }
row_get() { echo "get $1 $2" | sftp -q -S "$T/over" -b - "$LOGIN"; }
check_all
check_forward
check_rekey
