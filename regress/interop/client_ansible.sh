#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Ansible: a ping and a copy, over one connection that persists and with
# pipelining, and without either.
# cost: 90

. "$TOP/regress/interop/lib.sh"
tid "client: ansible"
need ansible

row_ready
export HOME=$T/home ANSIBLE_NOCOLOR=1 ANSIBLE_LOCAL_TEMP=$T/home/local
export ANSIBLE_CONFIG=$T/ansible.cfg ANSIBLE_PYTHON_INTERPRETER=$PYTHON
# a path of its own: a socket's name must be short
control=$(mktemp -d /var/tmp/ansible.XXXXXX)
at_exit rm -rf "$control"

# with_settings ARGUMENTS PIPELINING
with_settings()
{
	cat >"$T/ansible.cfg" <<-CMD
	[defaults]
	inventory = $T/hosts.ini
	remote_tmp = $T/home/remote
	[ssh_connection]
	ssh_args = -F $(conf) $1
	control_path_dir = $control
	pipelining = $2
	CMD
}
echo "portal ansible_user=$LOGIN" >"$T/hosts.ini"
head -c 300000 /dev/urandom >"$T/file"

check_ansible()
{
	say "pipelining $2, $1"
	with_settings "$1" "$2"
	ok bounded ansible portal -m ping
	like "ping" "$out" '"ping": "pong"'
	rm -f "$T/there"
	ok bounded ansible portal -m copy \
	    -a "src=$T/file dest=$T/there mode=0600"
	same_file "$T/file" "$T/there"
	run bounded ansible portal -m command -a "sh -c 'exit 4'"
	like "a status" "$out" 'rc=4'
}
check_ansible '-o ControlMaster=no' False
check_ansible '-o ControlMaster=auto -o ControlPersist=60s' True

say "the connection that persists is asked to end"
for socket in "$control"/*; do
	[ -S "$socket" ] || continue
	ok ssh -o ControlPath="$socket" -O exit portal
done
