/* SPDX-License-Identifier: ISC */
/*
 * What the making and the checking of event seals share.
 */
#ifndef MONITOR_SEALS_SUM_H
#define MONITOR_SEALS_SUM_H

#include <stdint.h>

struct db;
struct event;

#define SEALS_SUM_LEN		32
#define SEALS_LEN		(2 * SEALS_SUM_LEN)	/* row, chain */
#define SEALS_HEAD_SETTING	"event_head"

enum head_state { HEAD_NONE, HEAD_GOOD, HEAD_BAD };

/* The last event's number and chain sum, as the settings have it. */
struct seals_head {
	enum head_state	state;
	int64_t		no;		/* 0 unless good */
	uint8_t		chain[SEALS_SUM_LEN];
};

/* Reads the head; returns a class of enum db_status. */
int	seals_head_get(struct db *, struct seals_head *);

/* The sum of a row under its number. */
void	seals_row_sum(uint8_t out[SEALS_SUM_LEN], const struct event *,
	    int64_t no);

/* The sum that ties a row's sum to the chain before it (NULL: none). */
void	seals_chain_sum(uint8_t out[SEALS_SUM_LEN], const uint8_t *before,
	    const uint8_t row[SEALS_SUM_LEN]);

#endif
