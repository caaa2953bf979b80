/* SPDX-License-Identifier: ISC */
/*
 * Bytes of a channel as a capture file (draft-ietf-opsawg-pcap, link type
 * RAW): packets of a TCP connection that never was, from the person to the
 * host, so that whatever opens captures shows who said what. Standard error is
 * a connection of its own, to the next port. Checksums are zero, as in a
 * capture on a machine whose network card makes them.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include <stdlib.h>
#include <string.h>

#include "child/record.h"
#include "child/tape.h"
#include "lib/network.h"
#include "lib/number.h"
#include "lib/xmalloc.h"

#define PCAP_MAGIC	0xa1b2c3d4	/* microseconds, our byte order */
#define PCAP_MAJOR	2
#define PCAP_MINOR	4
#define LINKTYPE_RAW	101		/* IP, 4 or 6 */
#define HOPS		64
#define WINDOW		65535

struct pcap_file {
	uint32_t	 magic;
	uint16_t	 major, minor;
	uint32_t	 zone, accuracy, most, link;
};

struct pcap_packet {
	uint32_t	 sec, usec, captured, len;
};

#define HEADERS_MAX	(sizeof(struct pcap_packet) +			\
			    sizeof(struct ip6_hdr) + sizeof(struct tcphdr))
#define DATA_MAX	(TAPE_ROOM - HEADERS_MAX) /* fits 16 bits of IP's */

enum side {
	CLIENT,
	SERVER
};

/* A connection: who has sent how much of it. */
struct stream {
	uint16_t	 ports[2];
	uint32_t	 seq[2];
	int		 open;
};

struct flow {
	struct in6_addr	 addrs[2];	/* IPv4's are mapped ones */
	int		 v4;
	struct stream	 streams[2];	/* all else; standard error */
};

/* "address:port"; what is none is 0.0.0.0. Returns the port. */
static uint16_t
read_end(const char *text, struct in6_addr *a)
{
	const char	*colon = strrchr(text, ':');
	struct network	 n;
	uint32_t	 port = 0;

	network_from_source(&n, text);
	memset(a, 0, sizeof(*a));
	if (n.family == 6)
		memcpy(a, n.bytes, sizeof(*a));
	else {
		a->s6_addr[10] = a->s6_addr[11] = 0xff;
		memcpy(&a->s6_addr[12], n.bytes, 4);
	}
	if (colon != NULL)
		(void)number_parse(colon + 1, 0, UINT16_MAX, &port);
	return (port);
}

/* IP's header; returns its bytes. */
static size_t
put_ip(uint8_t *p, const struct flow *f, enum side from, size_t len)
{
	const struct in6_addr	*src = &f->addrs[from], *dst = &f->addrs[!from];
	struct ip		 h4 = { .ip_hl = sizeof(h4) / 4,
				    .ip_v = IPVERSION, .ip_ttl = HOPS,
				    .ip_p = IPPROTO_TCP };
	struct ip6_hdr		 h6;

	if (f->v4) {
		h4.ip_len = htons(sizeof(h4) + len);
		memcpy(&h4.ip_src, &src->s6_addr[12], sizeof(h4.ip_src));
		memcpy(&h4.ip_dst, &dst->s6_addr[12], sizeof(h4.ip_dst));
		memcpy(p, &h4, sizeof(h4));
		return (sizeof(h4));
	}
	memset(&h6, 0, sizeof(h6));
	h6.ip6_flow = htonl(6U << 28);
	h6.ip6_plen = htons(len);
	h6.ip6_nxt = IPPROTO_TCP;
	h6.ip6_hlim = HOPS;
	h6.ip6_src = *src;
	h6.ip6_dst = *dst;
	memcpy(p, &h6, sizeof(h6));
	return (sizeof(h6));
}

static size_t
put_tcp(uint8_t *p, const struct stream *s, enum side from, int flags)
{
	struct tcphdr	h;

	memset(&h, 0, sizeof(h));
	h.th_sport = htons(s->ports[from]);
	h.th_dport = htons(s->ports[!from]);
	h.th_seq = htonl(s->seq[from]);
	if (flags & TH_ACK)
		h.th_ack = htonl(s->seq[!from]);
	h.th_off = sizeof(h) / 4;
	h.th_flags = flags;
	h.th_win = htons(WINDOW);
	memcpy(p, &h, sizeof(h));
	return (sizeof(h));
}

/* Writes a packet with DATA_MAX bytes of data at most. */
static int
put_packet(struct tape *t, const struct timespec *now, struct stream *s,
    enum side from, int flags, const void *data, size_t len)
{
	const struct flow	*f = t->state;
	uint8_t			*room = tape_room(), *p = room;
	struct pcap_packet	 h = { .sec = now->tv_sec,
				    .usec = now->tv_nsec / 1000 };

	p += sizeof(h);
	p += put_ip(p, f, from, sizeof(struct tcphdr) + len);
	p += put_tcp(p, s, from, flags);
	if (len > 0)
		memcpy(p, data, len);
	p += len;
	h.captured = h.len = p - room - sizeof(h);
	memcpy(room, &h, sizeof(h));
	s->seq[from] += len + ((flags & (TH_SYN | TH_FIN)) != 0);
	return (tape_write(t, now, room, p - room));
}

static int
stream_open(struct tape *t, const struct timespec *now, struct stream *s)
{
	if (s->open)
		return (0);
	s->open = 1;
	if (put_packet(t, now, s, CLIENT, TH_SYN, NULL, 0) == -1 ||
	    put_packet(t, now, s, SERVER, TH_SYN | TH_ACK, NULL, 0) == -1)
		return (-1);
	return (put_packet(t, now, s, CLIENT, TH_ACK, NULL, 0));
}

static int
pcap_begin(struct tape *t, const struct record_opts *o,
    const struct timespec *now)
{
	struct pcap_file	 h = { .magic = PCAP_MAGIC,
				    .major = PCAP_MAJOR, .minor = PCAP_MINOR,
				    .most = TAPE_ROOM, .link = LINKTYPE_RAW };
	struct flow		*f = xcalloc(1, sizeof(*f));
	uint16_t		 client, server;
	int			 i;

	client = read_end(o->from, &f->addrs[CLIENT]);
	server = read_end(o->to, &f->addrs[SERVER]);
	f->v4 = IN6_IS_ADDR_V4MAPPED(&f->addrs[CLIENT]) &&
	    IN6_IS_ADDR_V4MAPPED(&f->addrs[SERVER]);
	for (i = 0; i < 2; i++) {
		f->streams[i].ports[CLIENT] = client;
		f->streams[i].ports[SERVER] = server + i;
	}
	t->state = f;
	if (tape_write(t, now, &h, sizeof(h)) == -1)
		return (-1);
	return (stream_open(t, now, &f->streams[0]));
}

static int
put_data(struct tape *t, const struct timespec *now, struct stream *s,
    enum side from, const uint8_t *p, size_t len)
{
	size_t	n;

	if (stream_open(t, now, s) == -1)
		return (-1);
	for (; len > 0; p += n, len -= n) {
		n = len < DATA_MAX ? len : DATA_MAX;
		if (put_packet(t, now, s, from, TH_PUSH | TH_ACK, p, n) == -1)
			return (-1);
	}
	return (0);
}

static int
pcap_output(struct tape *t, const struct timespec *now, const uint8_t *p,
    size_t len, int is_stderr)
{
	struct flow	*f = t->state;

	return (put_data(t, now, &f->streams[is_stderr != 0], SERVER, p, len));
}

static int
pcap_input(struct tape *t, const struct timespec *now, const uint8_t *p,
    size_t len)
{
	struct flow	*f = t->state;

	return (put_data(t, now, &f->streams[0], CLIENT, p, len));
}

static int
pcap_end(struct tape *t, const struct timespec *now)
{
	struct flow	*f = t->state;
	int		 i, r = 0;

	for (i = 0; f != NULL && i < 2; i++) {
		if (f->streams[i].open && (put_packet(t, now, &f->streams[i],
		    SERVER, TH_FIN | TH_ACK, NULL, 0) == -1 ||
		    put_packet(t, now, &f->streams[i], CLIENT,
		    TH_FIN | TH_ACK, NULL, 0) == -1))
			r = -1;
	}
	free(f);
	t->state = NULL;
	return (r);
}

const struct tape_ops	tape_pcap = {
	.begin = pcap_begin,
	.output = pcap_output,
	.input = pcap_input,
	.end = pcap_end,
};
