/* SPDX-License-Identifier: ISC */
/*
 * What an operator can set: one table of keys, from which the file, the
 * environment, the flags and their help are read. Flags beat the environment,
 * which beats the file.
 */
#ifndef DAEMON_CONF_H
#define DAEMON_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/settings.h"

#define CONF_ERR_MAX	1024	/* bytes of a sentence about an error */
#define CONF_TEXT_MAX	4096	/* bytes of one value */

struct conf {
	struct settings		 s;
	struct secret_settings	 p;
	char			*startups; /* begin:rate:full, as written */
	char			*banner_file; /* "" without one */
	char			*block_size; /* bits:bits, as written */
	char			*penalties;	/* as written */
	uint8_t			 debug;
	uint64_t		 seen;	/* keys that this source has set */
};

enum conf_type {
	CONF_STRING,
	CONF_PATH,
	CONF_LINE,
	CONF_BOOL,
	CONF_COUNT,
	CONF_DURATION,
	CONF_STARTUPS,
	CONF_LIMIT,
	CONF_BLOCKS,
	CONF_PENALTIES,
	CONF_NETWORKS,
	CONF_ADDRESSES,
	CONF_DRIVER,
	CONF_SIZE,
	CONF_COMPRESS,
	CONF_RECORDING,
	CONF_LEVEL,
	CONF_FORMAT
};

struct conf_key {
	const char		*name;	/* in the file, and with -- a flag */
	enum conf_type		 type;
	size_t			 offset;	/* in struct conf */
	const char		*def;	/* as one would write it */
	const char		*brief;
	const char		*env;	/* variable, or NULL */
	char			 letter;	/* short flag, or 0 */
	uint8_t			 no_flag; /* other users can read flags */
	uint8_t			 nonempty;
	uint32_t		 min, max;	/* of a count */
};

extern const struct conf_key	conf_keys[];
extern const size_t		conf_nkeys;

/* The key of this name, NULL if there is none. */
const struct conf_key *conf_find(const char *name, size_t len);

/* Whether --name alone means "true". */
int	conf_is_switch(const struct conf_key *);

/* Whether it takes a list, and grows with each value that it is given. */
int	conf_is_list(const struct conf_key *);

/* What a key's value is called in help: "HOST:PORT", "FILE", "N" … */
const char *conf_value_name(const struct conf_key *);

/* All keys as they are by default; free with conf_free(), which wipes. */
void	conf_init(struct conf *);
void	conf_free(struct conf *);

/*
 * A new source (file, environment, flags) begins: its lists replace what the
 * sources before have said, its keys may be set once again.
 */
void	conf_begin(struct conf *);

/* Whether this source has set the key. */
int	conf_seen(const struct conf *, const struct conf_key *);

/*
 * Sets a key from text. Lists take commas, and grow within one source.
 * Returns 0, or -1 with a clause in err ("\"x\" is not a number …").
 */
int	conf_set(struct conf *, const struct conf_key *,
	    const char *value, char *err, size_t);

/*
 * Sets all keys whose variables are set and not empty. Returns 0, or -1 with a
 * sentence.
 */
int	conf_load_env(struct conf *, char *err, size_t);

#endif
