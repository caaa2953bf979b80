# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the rows of hosts share. Some hosts know only the accounts, passwords and
# home directories that this machine has: such a one runs in a mount namespace
# of its own, in which root has a home and a password that are the test's.

. "$TOP/regress/interop/lib.sh"

HOST_HOME=$T/home
HOST_PASSWORD='correct horse: battery/staple@100%'
HOST_LOG=$T/host.log

# The portal and an administrator, and all that a host needs to know of them:
# the portal's key in $T/portal.pub and in authorized_keys in $HOST_HOME, a host
# key in $T/hostkey.
ready_for_host()
{
	start_portal
	client admin
	redeem
	admin key show default
	grep -oE '(ssh|ecdsa)-[a-z0-9-]+ AAAA[A-Za-z0-9+/=]+' <<<"$out" |
	    head -n 1 >"$T/portal.pub"
	[ -s "$T/portal.pub" ] || fail "no public key: $out"
	mkdir -p "$HOST_HOME/.ssh"
	cp "$T/portal.pub" "$HOST_HOME/.ssh/authorized_keys"
	chmod 700 "$HOST_HOME" "$HOST_HOME/.ssh"
	chmod 600 "$HOST_HOME/.ssh/authorized_keys"
	echo "PS1='host> ' HISTFILE=" >"$HOST_HOME/.bash_profile"
	ssh-keygen -q -t ed25519 -N '' -C host -f "$T/hostkey"
	HOST_PORT=$(free_port)
}

# serve COMMAND ...: the host, which listens on $HOST_PORT.
serve()
{
	setsid "$@" </dev/null >"$HOST_LOG" 2>&1 &
	at_exit end_process $!
	wait_for 20 port_answers "$HOST_PORT" ||
	    fail "the host does not listen: $(cat "$HOST_LOG")"
}

# serve_apart COMMAND ...: the same, where root has the test's home and password.
serve_apart()
{
	local hash

	need_root "$1 serves the accounts of the machine"
	hash=$(openssl passwd -6 "$HOST_PASSWORD")
	sed "s|^root:[^:]*:|root:$hash:|" /etc/shadow >"$T/shadow"
	chmod 640 "$T/shadow"
	serve unshare -m sh -c 'mount --bind "$1" "$2" &&
	    mount --bind "$3" /etc/shadow && shift 3 && cd / && exec "$@"' \
	    sh "$HOST_HOME" ~root "$T/shadow" "$@"
}

# The host by its name there, once with the portal's key and once with the
# password: "row" and "row-password".
add_row()
{
	admin host create "$HOST_USER@127.0.0.1:$HOST_PORT" --name=row
	admin host create "$HOST_USER@127.0.0.1:$HOST_PORT" \
	    --name=row-password --password="'$HOST_PASSWORD'"
	LOGIN=row
	by_ssh
}

check_scp()
{
	local protocol

	say "scp each way, by the protocols $*"
	head -c 300001 /dev/urandom >"$T/scp"
	for protocol; do
		rm -f "$T/scp.there" "$T/scp.back"
		ok bounded scp "$protocol" -F "$(conf)" "$T/scp" \
		    "$LOGIN@portal:$T/scp.there"
		same_file "$T/scp" "$T/scp.there"
		ok bounded scp "$protocol" -F "$(conf)" \
		    "$LOGIN@portal:$T/scp.there" "$T/scp.back"
		same_file "$T/scp" "$T/scp.back"
	done
}

check_rekey()
{
	say "new keys while bytes go both ways"
	head -c 4194304 /dev/urandom >"$T/rekey"
	bounded ssh -F "$(conf)" -o RekeyLimit=512K "$LOGIN@portal" cat \
	    <"$T/rekey" >"$T/rekey.back" || fail "cat: status $?"
	same_file "$T/rekey" "$T/rekey.back"
}

check_password()
{
	say "a login by password, and none by a wrong one"
	LOGIN=row-password
	by_ssh
	"${1:-check_exec}"
	admin host create "$HOST_USER@127.0.0.1:$HOST_PORT" --name=wrong \
	    --password=wrong
	refused "wrong password" 'login as .* was refused' p wrong@portal true
	LOGIN=row
	by_ssh
}
