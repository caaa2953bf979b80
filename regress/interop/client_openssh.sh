#!/bin/bash
# SPDX-License-Identifier: ISC
#
# OpenSSH's client as this machine has it: what all other rows are held against.

. "$TOP/regress/interop/lib.sh"
tid "client: OpenSSH of this machine"

row_ready
by_ssh
check_all
