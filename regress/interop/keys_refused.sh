#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Keys that are refused with a sentence, at once: a user certificate (the plain
# key that comes after it is let in), RSA signed with SHA-1, DSA, a short RSA.
# check
# cost: 20

. "$TOP/regress/interop/lib.sh"
tid "keys: those that are refused"

row_ready
ok ssh-keygen -q -t ed25519 -N '' -f "$T/authority"
start_agent "$T/agent"
export SSH_AUTH_SOCK=$T/agent

for type in ed25519 ecdsa rsa; do
	client "$type" "$type"
	invite "$type"
	ok ssh-keygen -q -s "$T/authority" -I somebody -n "$LOGIN" \
	    "$T/client/$type.pub"
	ok ssh-add -q -D
	ok ssh-add -q "$T/client/$type"
	agent_client "cert-$type" "$T/agent"

	say "$type: a certificate alone"
	as "cert-$type" refused "certificate" \
	    'certificates are not accepted here' \
	    p -o PubkeyAcceptedAlgorithms='*-cert-*' "$LOGIN@portal" true
	like "the end" "$err" 'Permission denied \(publickey\)'

	say "$type: a certificate, then the key"
	as "$type" ok p -o CertificateFile="$T/client/$type-cert.pub" \
	    "$LOGIN@portal" echo in
	is "output" "$out" in
	is "how often it is said" \
	    "$(grep -c 'certificates are not accepted' <<<"$err")" 1
done

# odd WAY [KEYFILE]: out is what the portal says of such a login.
odd()
{
	ok bounded $PYTHON "$INTEROP/odd_keys.py" "$PORTAL_PORT" "$LOGIN" "$@"
	like "$1" "$out" 'disconnected: sshportal: this key, or the way it '
	unlike "$1" "$out" 'it is in'
}
say "RSA, signed with SHA-1"
odd sha1 "$T/client/rsa"
wait_for 10 log_has 'a signature of a kind that is not accepted' ||
    fail "it is not logged"
say "DSA"
odd dsa

say "RSA of 1024 bits"
ok ssh-keygen -q -t rsa -b 1024 -N '' -f "$T/client/short"
client short
as short run_status 255 p -o RequiredRSASize=1024 "$LOGIN@portal" true
like "short" "$err" 'Permission denied'
wait_for 10 log_has 'RSA key too short' || fail "it is not logged"
