/* SPDX-License-Identifier: ISC */
/*
 * The entries that the files cmd_NOUN.c define.
 */
#ifndef SHELL_CMD_ENTRIES_H
#define SHELL_CMD_ENTRIES_H

struct cmd_entry;

extern const struct cmd_entry	cmd_acl_create, cmd_acl_explain;
extern const struct cmd_entry	cmd_acl_inspect, cmd_acl_ls, cmd_acl_rm;
extern const struct cmd_entry	cmd_acl_update;
extern const struct cmd_entry	cmd_config_backup, cmd_config_restore;
extern const struct cmd_entry	cmd_event_inspect, cmd_event_ls;
extern const struct cmd_entry	cmd_host_create, cmd_host_inspect, cmd_host_ls;
extern const struct cmd_entry	cmd_host_rm, cmd_host_test, cmd_host_update;
extern const struct cmd_entry	cmd_hostgroup_create, cmd_hostgroup_inspect;
extern const struct cmd_entry	cmd_hostgroup_ls, cmd_hostgroup_rm;
extern const struct cmd_entry	cmd_hostgroup_update;
extern const struct cmd_entry	cmd_key_create, cmd_key_import;
extern const struct cmd_entry	cmd_key_inspect, cmd_key_ls, cmd_key_rm;
extern const struct cmd_entry	cmd_key_rotate;
extern const struct cmd_entry	cmd_key_setup, cmd_key_show, cmd_key_update;
extern const struct cmd_entry	cmd_session_export, cmd_session_grep;
extern const struct cmd_entry	cmd_session_inspect, cmd_session_ls;
extern const struct cmd_entry	cmd_session_stats;
extern const struct cmd_entry	cmd_session_stop;
extern const struct cmd_entry	cmd_session_play, cmd_session_watch;
extern const struct cmd_entry	cmd_user_create, cmd_user_inspect;
extern const struct cmd_entry	cmd_user_invite, cmd_user_ls, cmd_user_rm;
extern const struct cmd_entry	cmd_user_update;
extern const struct cmd_entry	cmd_usergroup_create, cmd_usergroup_inspect;
extern const struct cmd_entry	cmd_usergroup_ls, cmd_usergroup_rm;
extern const struct cmd_entry	cmd_usergroup_update;
extern const struct cmd_entry	cmd_userkey_create, cmd_userkey_inspect;
extern const struct cmd_entry	cmd_userkey_ls, cmd_userkey_rm;
extern const struct cmd_entry	cmd_userkey_prove, cmd_userkey_update;
extern const struct cmd_entry	cmd_info, cmd_version, cmd_help, cmd_exit;

#endif
