/* SPDX-License-Identifier: ISC */
/*
 * What the decoders of child/audit.c share.
 */
#ifndef CHILD_AUDIT_INT_H
#define CHILD_AUDIT_INT_H

#include "child/audit.h"
#include "child/sum.h"

#define WORDS_MAX	64	/* of a command that are looked at */

/* A command's words without their quotes, the strings owned. */
struct command {
	char	*word[WORDS_MAX];
	size_t	 n;
};

struct decoder {
	/* Bytes of a side. Returns NULL, or why nothing more can be read. */
	const char	*(*take)(void *state, enum audit_side,
			    const uint8_t *, size_t);
	/* Reports what is under way as ended in this way, frees. */
	void		 (*end)(void *state, const char *result);
};

extern const struct decoder	decoder_sftp, decoder_scp, decoder_count;

void	*sftp_new(audit_report *, void *arg);

/*
 * scp's server side, of which word `first` is the first one behind the
 * options. up: "-t", from the person; is_dir: "-d".
 */
void	*scp_new(const struct command *, size_t first, int up, int is_dir,
	    audit_report *, void *arg);

/* An operation of this kind on this path, to be filled. */
void	 file_op_init(struct file_op *, enum file_action, const void *path,
	    size_t len);

/* What passed of a file, and its sum, which is taken. */
void	 file_op_sum(struct file_op *, struct sum *);

#endif
