/* SPDX-License-Identifier: ISC */
/*
 * All commands. A noun's entries stand together, in the order of help.
 */
#include "shell/cmd.h"
#include "shell/cmd_entries.h"

const struct cmd_entry *const cmd_table[] = {
	&cmd_event_inspect,
	&cmd_event_ls,
	&cmd_host_create,
	&cmd_host_inspect,
	&cmd_host_ls,
	&cmd_host_rm,
	&cmd_host_update,
	&cmd_key_create,
	&cmd_key_import,
	&cmd_key_inspect,
	&cmd_key_ls,
	&cmd_key_rm,
	&cmd_key_setup,
	&cmd_key_show,
	&cmd_key_update,
	&cmd_session_inspect,
	&cmd_session_ls,
	&cmd_user_create,
	&cmd_user_inspect,
	&cmd_user_invite,
	&cmd_user_ls,
	&cmd_user_rm,
	&cmd_user_update,
	&cmd_userkey_create,
	&cmd_userkey_inspect,
	&cmd_userkey_ls,
	&cmd_userkey_rm,
	&cmd_info,
	&cmd_version,
	&cmd_help,
	&cmd_exit,
	NULL
};
