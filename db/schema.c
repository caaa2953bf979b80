/* SPDX-License-Identifier: ISC */
/*
 * The schema, as the list of changes that made it. A change that has been
 * released is never edited: the next one comes after it.
 *
 * Sessions, channels and events hold no foreign keys to users and hosts: they
 * outlive them, with the names they were made with.
 */
#include <stddef.h>

#include "db/migrations.h"

#define SEED_ROLE(name) \
	"INSERT INTO user_roles (name) SELECT '" name "'" \
	" FROM (SELECT 1 AS one) seed WHERE NOT EXISTS" \
	" (SELECT 1 FROM user_roles WHERE name = '" name "')"

#define SEED_COUNTER(name) \
	"INSERT INTO counters (name, value) SELECT '" name "', 0" \
	" FROM (SELECT 1 AS one) seed WHERE NOT EXISTS" \
	" (SELECT 1 FROM counters WHERE name = '" name "')"

static const char *const version1[] = {
	"CREATE TABLE IF NOT EXISTS settings ("
	"name {name} PRIMARY KEY, value {text}) {table}",

	"CREATE TABLE IF NOT EXISTS counters ("
	"name {name} PRIMARY KEY, value {int}) {table}",
	SEED_COUNTER("generation"),
	SEED_COUNTER("seal"),

	"CREATE TABLE IF NOT EXISTS instances ("
	"id {name} PRIMARY KEY, hostname {name}, version {name}, pid {int},"
	" started_at {int}, heartbeat_at {int}) {table}",

	"CREATE TABLE IF NOT EXISTS users ("
	"id {id}, name {name} UNIQUE, email {name}, comment {text},"
	" invite_hash {optname} UNIQUE, invite_expires_at {int},"
	" disabled {int}, expires_at {int},"
	" created_at {int}, updated_at {int}) {table}",
	"CREATE INDEX users_email ON users (email)",

	"CREATE TABLE IF NOT EXISTS user_roles ("
	"id {id}, name {name} UNIQUE) {table}",
	SEED_ROLE("admin"),
	SEED_ROLE("trusted"),
	SEED_ROLE("standard"),
	SEED_ROLE("auditor"),
	SEED_ROLE("listhosts"),

	"CREATE TABLE IF NOT EXISTS user_user_roles ("
	"user_id {int}, role_id {int}, PRIMARY KEY (user_id, role_id),"
	" FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,"
	" FOREIGN KEY (role_id) REFERENCES user_roles (id)) {table}",
	"CREATE INDEX user_user_roles_role ON user_user_roles (role_id)",

	"CREATE TABLE IF NOT EXISTS user_keys ("
	"id {id}, user_id {int}, type {name}, key_blob {blob},"
	" fingerprint {name} UNIQUE, comment {text},"
	" created_at {int}, updated_at {int},"
	" FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)"
	" {table}",
	"CREATE INDEX user_keys_user ON user_keys (user_id)",

	"CREATE TABLE IF NOT EXISTS user_groups ("
	"id {id}, name {name} UNIQUE, comment {text},"
	" created_at {int}, updated_at {int}) {table}",
	"CREATE TABLE IF NOT EXISTS user_user_groups ("
	"member_id {int}, group_id {int}, PRIMARY KEY (member_id, group_id),"
	" FOREIGN KEY (member_id) REFERENCES users (id) ON DELETE CASCADE,"
	" FOREIGN KEY (group_id) REFERENCES user_groups (id)"
	" ON DELETE CASCADE) {table}",
	"CREATE INDEX user_user_groups_group ON user_user_groups (group_id)",

	"CREATE TABLE IF NOT EXISTS private_keys ("
	"id {id}, name {name} UNIQUE, type {name}, length {int},"
	" pub_blob {blob}, fingerprint {name}, priv_sealed {opttext},"
	" comment {text}, created_at {int}, updated_at {int}) {table}",

	"CREATE TABLE IF NOT EXISTS hosts ("
	"id {id}, name {name} UNIQUE, scheme {name}, addr {name}, port {int},"
	" login {name}, password_sealed {opttext}, key_id {optint},"
	" hop_id {optint}, logging {name}, comment {text},"
	" host_key {optblob}, host_key_type {name}, legacy {int},"
	" created_at {int}, updated_at {int},"
	" FOREIGN KEY (key_id) REFERENCES private_keys (id),"
	" FOREIGN KEY (hop_id) REFERENCES hosts (id)) {table}",
	"CREATE INDEX hosts_key ON hosts (key_id)",
	"CREATE INDEX hosts_hop ON hosts (hop_id)",

	"CREATE TABLE IF NOT EXISTS host_groups ("
	"id {id}, name {name} UNIQUE, comment {text},"
	" created_at {int}, updated_at {int}) {table}",
	"CREATE TABLE IF NOT EXISTS host_host_groups ("
	"member_id {int}, group_id {int}, PRIMARY KEY (member_id, group_id),"
	" FOREIGN KEY (member_id) REFERENCES hosts (id) ON DELETE CASCADE,"
	" FOREIGN KEY (group_id) REFERENCES host_groups (id)"
	" ON DELETE CASCADE) {table}",
	"CREATE INDEX host_host_groups_group ON host_host_groups (group_id)",

	"CREATE TABLE IF NOT EXISTS acls ("
	"id {id}, action {name}, weight {int}, host_pattern {name},"
	" inception {int}, expiration {int}, comment {text},"
	" created_at {int}, updated_at {int}) {table}",
	"CREATE TABLE IF NOT EXISTS acl_user_groups ("
	"group_id {int}, acl_id {int}, PRIMARY KEY (group_id, acl_id),"
	" FOREIGN KEY (group_id) REFERENCES user_groups (id)"
	" ON DELETE CASCADE,"
	" FOREIGN KEY (acl_id) REFERENCES acls (id) ON DELETE CASCADE)"
	" {table}",
	"CREATE INDEX acl_user_groups_acl ON acl_user_groups (acl_id)",
	"CREATE TABLE IF NOT EXISTS acl_host_groups ("
	"group_id {int}, acl_id {int}, PRIMARY KEY (group_id, acl_id),"
	" FOREIGN KEY (group_id) REFERENCES host_groups (id)"
	" ON DELETE CASCADE,"
	" FOREIGN KEY (acl_id) REFERENCES acls (id) ON DELETE CASCADE)"
	" {table}",
	"CREATE INDEX acl_host_groups_acl ON acl_host_groups (acl_id)",

	"CREATE TABLE IF NOT EXISTS sessions ("
	"id {id}, user_id {optint}, user_name {name}, host_id {optint},"
	" host_name {name}, account {name}, instance_id {name},"
	" source {name}, client_version {name}, status {name},"
	" started_at {int}, ended_at {int}, error {bytes}, comment {text},"
	" bytes_in {int}, bytes_out {int}) {table}",
	"CREATE INDEX sessions_status ON sessions (status, instance_id)",
	"CREATE INDEX sessions_user ON sessions (user_id)",
	"CREATE INDEX sessions_host ON sessions (host_id)",
	"CREATE INDEX sessions_started ON sessions (started_at)",
	"CREATE INDEX sessions_ended ON sessions (ended_at)",

	"CREATE TABLE IF NOT EXISTS channels ("
	"id {id}, session_id {int}, seq {int}, type {name}, detail {bytes},"
	" started_at {int}, ended_at {int}, bytes_in {int}, bytes_out {int},"
	" exit_status {int}, exit_signal {name}, refused {name},"
	" UNIQUE (session_id, seq),"
	" FOREIGN KEY (session_id) REFERENCES sessions (id)"
	" ON DELETE CASCADE) {table}",

	"CREATE TABLE IF NOT EXISTS events ("
	"id {id}, author_id {optint}, author_name {name}, source {name},"
	" domain {name}, action {name}, entity {name}, args {text},"
	" created_at {int}, seal_no {optint} UNIQUE, seal {seal}) {table}",

	"CREATE TABLE IF NOT EXISTS applied_records ("
	"record_id {name} PRIMARY KEY, applied_at {int}) {table}",
	"CREATE INDEX applied_records_age ON applied_records (applied_at)",
	NULL
};

/*
 * Where people and keys may come from (CIDR lists, NULL: anywhere), which
 * remote accounts a rule allows, invites for several keys, a key that is
 * taking another's place, events that came out of a backup, and what
 * db/total.c remembers.
 */
static const char *const version2[] = {
	"ALTER TABLE users ADD COLUMN allowed_from {opttext}",
	"ALTER TABLE users ADD COLUMN invite_uses {int} DEFAULT 1",
	"ALTER TABLE user_keys ADD COLUMN allowed_from {opttext}",
	"ALTER TABLE user_keys ADD COLUMN expires_at {int} DEFAULT 0",
	"ALTER TABLE acls ADD COLUMN login_pattern {name} DEFAULT ''",
	"ALTER TABLE private_keys ADD COLUMN replaces_id {optint}",
	"ALTER TABLE events ADD COLUMN restored {int} DEFAULT 0",
	"CREATE INDEX events_created ON events (created_at)",
	"CREATE INDEX events_author ON events (author_name)",
	"CREATE INDEX events_domain ON events (domain, action)",
	"CREATE INDEX sessions_both ON sessions (user_id, host_id)",
	SEED_COUNTER("sessions_upto"),
	SEED_COUNTER("sessions_number"),
	SEED_COUNTER("sessions_counted_at"),
	SEED_COUNTER("events_upto"),
	SEED_COUNTER("events_number"),
	SEED_COUNTER("events_counted_at"),
	NULL
};

/* What may be done on a host, as words (db/kinds.h); NULL: the default. */
static const char *const version3[] = {
	"ALTER TABLE acls ADD COLUMN allow {opttext}",
	"ALTER TABLE hosts ADD COLUMN allow {opttext}",
	NULL
};

/*
 * What is recorded by a rule's wish and whether it must be, where a channel's
 * recording is, of which session an event tells, and sessions that are to end,
 * whichever instance has them.
 */
static const char *const version4[] = {
	"ALTER TABLE hosts ADD COLUMN record {name} DEFAULT ''",
	"ALTER TABLE acls ADD COLUMN logging {name} DEFAULT ''",
	"ALTER TABLE acls ADD COLUMN record {name} DEFAULT ''",
	"ALTER TABLE channels ADD COLUMN recording {name} DEFAULT ''",
	"ALTER TABLE events ADD COLUMN session_id {optint}",
	"CREATE INDEX events_session ON events (session_id)",
	"CREATE TABLE IF NOT EXISTS stops ("
	"session_id {int} PRIMARY KEY, reason {bytes}, author {name},"
	" asked_at {int}) {table}",
	"CREATE INDEX stops_asked ON stops (asked_at)",
	NULL
};

const struct migration schema_migrations[] = {
	{ 1, version1 },
	{ 2, version2 },
	{ 3, version3 },
	{ 4, version4 },
};
const size_t schema_migrations_count =
    sizeof(schema_migrations) / sizeof(schema_migrations[0]);
