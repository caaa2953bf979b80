#!/bin/bash
# SPDX-License-Identifier: ISC
#
# RSA keys of all lengths, signed with SHA-256 and with SHA-512.
# timeout: 600
# cost: 150

. "$TOP/regress/interop/lib.sh"
tid "keys: RSA"

row_ready
for bits in 2048 3072 4096 8192; do
	say "$bits bits"
	ssh-keygen -q -t rsa -b $bits -N '' -C "rsa$bits" -f "$T/client/rsa$bits"
	invite "rsa$bits"
	for hash in 256 512; do
		as "rsa$bits" ok p -o PubkeyAcceptedAlgorithms=rsa-sha2-$hash \
		    "$LOGIN@portal" echo "$bits $hash"
		is "output" "$out" "$bits $hash"
	done
done
