#!/bin/bash
# SPDX-License-Identifier: ISC
#
# git clone, fetch and push.

. "$TOP/regress/lib.sh"
each_mode
tid "git"

ready_portal

export HOME=$T/home GIT_CONFIG_NOSYSTEM=1 GIT_SSH_COMMAND="ssh -F $(conf)"
mkdir "$HOME"
git config --global user.name Tester
git config --global user.email tester@example.org
git config --global init.defaultBranch main
git config --global advice.detachedHead false

say "push to an empty repository"
ok git init -q --bare "$T/host/repo.git"
ok git init -q "$T/work"
cd "$T/work" || exit 1
head -c 2000000 /dev/urandom >big
for i in $(seq 100); do
	echo "$i" >"file$i"
done
ok git add .
ok git commit -q -m 'first'
ok timeout --foreground 60 git push -q "web1@portal:$T/host/repo.git" main

say "clone"
cd "$T" || exit 1
ok timeout --foreground 60 git clone -q "web1@portal:$T/host/repo.git" clone
is "head" "$(git -C clone rev-parse HEAD)" "$(git -C work rev-parse HEAD)"
ok diff -r -x .git work clone

say "push from the clone, fetch from the first"
cd "$T/clone" || exit 1
echo more >>file1
ok git commit -q -a -m 'second'
ok timeout --foreground 60 git push -q
cd "$T/work" || exit 1
ok timeout --foreground 60 git pull -q "web1@portal:$T/host/repo.git" main
is "head" "$(git rev-parse HEAD)" "$(git -C "$T/clone" rev-parse HEAD)"
ok git -C "$T/host/repo.git" fsck --full

say "a repository that is not there"
cd "$T" || exit 1
run timeout --foreground 60 git clone -q "web1@portal:$T/host/none.git"
is "status" "$status" 128
like "error" "$err" 'does not appear to be a git repository'
