#!/bin/bash
# SPDX-License-Identifier: ISC
#
# sftp, with sshd's own server and with the program.

. "$TOP/regress/lib.sh"
each_mode
tid "sftp"

ready_portal

head -c 3000000 /dev/urandom >"$T/file"

batch()
{
	ok timeout --foreground 60 sftp -F "$(conf)" -b "$1" web1@portal
}

cat >"$T/batch" <<END
mkdir $T/host/dir
cd $T/host/dir
put $T/file one
put -p $T/file "two words"
rename one uno
chmod 600 uno
ln -s uno link
ls -l
get uno $T/back1
get "two words" $T/back2
mkdir sub
put -R $T/host/home sub
get -R sub $T/sub
rm "two words"
-rm nothing
pwd
END
say "a batch of everything"
batch "$T/batch"
like "ls" "$out" '-rw------- .* 3000000 .* uno'
like "pwd" "$out" "Remote working directory: $T/host/dir"
same_file "$T/file" "$T/host/dir/uno"
same_file "$T/file" "$T/back1"
same_file "$T/file" "$T/back2"
same_file "$T/host/home/.bash_profile" "$T/sub/home/.bash_profile"
is "link" "$(readlink "$T/host/dir/link")" uno
[ ! -e "$T/host/dir/two words" ] || fail "rm did nothing"

say "resuming"
head -c 1000000 "$T/file" >"$T/part"
cp "$T/part" "$T/host/dir/part"
cat >"$T/batch" <<END
reget $T/host/dir/uno $T/part
reput $T/file $T/host/dir/part
END
batch "$T/batch"
same_file "$T/file" "$T/part"
same_file "$T/file" "$T/host/dir/part"

say "a failing batch has a status"
echo "get $T/host/missing" >"$T/batch"
run timeout --foreground 60 sftp -F "$(conf)" -b "$T/batch" web1@portal
is "status" "$status" 1

say "the server as a program of its own"
ok p web1@portal "test -x /usr/lib/openssh/sftp-server"
echo "get $T/host/dir/uno $T/back3" >"$T/batch"
ok timeout --foreground 60 sftp -F "$(conf)" -b "$T/batch" \
    -s /usr/lib/openssh/sftp-server web1@portal
same_file "$T/file" "$T/back3"

say "a subsystem that the host does not have"
run p -s web1@portal nosuchsubsystem
[ "$status" -ne 0 ] || fail "status 0 for an unknown subsystem"
