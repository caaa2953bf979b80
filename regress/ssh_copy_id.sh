#!/bin/bash
# SPDX-License-Identifier: ISC
#
# ssh-copy-id through the portal puts a key on the host.

. "$TOP/regress/lib.sh"
each_mode
tid "ssh-copy-id"

ready_portal

ssh-keygen -q -t ed25519 -N '' -C copied -f "$T/copied"
export HOME=$T/home	# where it keeps its notes
mkdir -m 700 "$HOME" "$HOME/.ssh"
before=$(wc -l <"$T/host/home/.ssh/authorized_keys")

# the person's own key is in an agent
start_agent "$T/agent"
agent_client keys "$T/agent"
ok env SSH_AUTH_SOCK="$T/agent" ssh-add -q "$T/client/admin"
ok timeout --foreground 60 ssh-copy-id -F "$(as keys conf)" -i "$T/copied.pub" \
    web1@portal
like "what it says" "$out$err" 'Number of key\(s\) added: 1'
is "keys on the host" "$(wc -l <"$T/host/home/.ssh/authorized_keys")" \
    $((before + 1))

say "the key is of use, without the portal"
ok ssh -F /dev/null -p "$SSHD_PORT" -i "$T/copied" -o IdentitiesOnly=yes \
    -o IdentityAgent=none -o BatchMode=yes \
    -o StrictHostKeyChecking=accept-new \
    -o UserKnownHostsFile="$T/known" "$HOST_USER@127.0.0.1" echo in
is "output" "$out" in
