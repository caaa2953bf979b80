/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a channel, both ways. Nothing is read that the other side does
 * not take: what it does not take stays in the library that has it, whose
 * window then does not grow, so that the sender stops.
 */
#ifndef CHILD_RELAY_H
#define CHILD_RELAY_H

#include <stddef.h>
#include <stdint.h>

struct chan;

/*
 * Bytes from the person, straight from libssh. Returns how many were taken;
 * the channel knows of the rest.
 */
size_t	relay_data(struct chan *, const void *, size_t);

/* Moves what can be moved. */
void	relay_up(struct chan *);
void	relay_down(struct chan *);

/* The person's window has a new size, c->size: for the recording. */
void	relay_resized(struct chan *);

/*
 * A line of our own on the person's terminal, as standard error, before
 * anything of the far end's. It is recorded, and counted, with the rest.
 */
void	relay_say(struct chan *, const char *line);

/* Gives back the memory that bulk takes; when nothing moves for a while. */
void	relay_release(void);

/* Bytes moved since the start, of all channels. */
uint64_t relay_moved(void);

#endif
