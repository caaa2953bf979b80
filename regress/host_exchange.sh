#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Every key exchange and every host key algorithm that is offered to hosts: the
# monitor follows the exchange, or it would sign no login.

. "$TOP/regress/lib.sh"
tid "key exchanges with hosts"

# libcrypto has no frame pointers, and regress/lsan.supp names who calls it
sanitizer_option fast_unwind_on_malloc=0
ready_portal
for bits in 256 384 521; do
	ssh-keygen -q -t ecdsa -b $bits -N '' -f "$T/host/hostkey_e$bits"
done
ssh-keygen -q -t rsa -b 2048 -N '' -f "$T/host/hostkey_a_rsa"

while read -r kex key; do
	say "$kex, $key"
	end_process "$SSHD_PID"
	SSHD_CONFIG="KexAlgorithms $kex
	HostKeyAlgorithms $key"
	SSHD_PORT_WANTED=$SSHD_PORT start_sshd
	add_host "$key.${kex%@*}"
	ok p "$key.${kex%@*}@portal" echo in
	is "output" "$out" in
done <<'END'
curve25519-sha256 ssh-ed25519
curve25519-sha256@libssh.org ecdsa-sha2-nistp256
ecdh-sha2-nistp256 ecdsa-sha2-nistp384
ecdh-sha2-nistp384 ecdsa-sha2-nistp521
ecdh-sha2-nistp521 rsa-sha2-512
diffie-hellman-group16-sha512 rsa-sha2-256
diffie-hellman-group18-sha512 ssh-ed25519
diffie-hellman-group-exchange-sha256 ssh-ed25519
diffie-hellman-group14-sha256 ssh-ed25519
END
