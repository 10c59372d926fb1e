// scan inflates the gzip files named on standard input with ISA-L and counts
// those that hold one of the two names: the least that a program must do to
// find Support Plans events. It is the bound that the benchmarks compare with.
#define _GNU_SOURCE
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct inflate_state state;

// slurp reads a whole file into *buf, which it grows.
static ssize_t slurp(const char *name, unsigned char **buf, size_t *room)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if ((size_t)st.st_size > *room) {
		*room = st.st_size;
		*buf = realloc(*buf, *room);
	}
	ssize_t have = 0, n;
	while (have < st.st_size && (n = read(fd, *buf + have, st.st_size - have)) > 0)
		have += n;
	close(fd);
	return have;
}

int main(void)
{
	char name[4096];
	unsigned char *in = NULL, *out = malloc(1 << 24);
	size_t in_room = 0, out_room = 1 << 24;
	long files = 0, found = 0, bytes = 0;
	while (fgets(name, sizeof name, stdin)) {
		name[strcspn(name, "\n")] = 0;
		ssize_t size = slurp(name, &in, &in_room);
		if (size < 18) {
			fprintf(stderr, "%s: cannot read\n", name);
			return 1;
		}
		unsigned isize;
		memcpy(&isize, in + size - 4, 4);
		if (isize + 1 > out_room) {
			out_room = isize + 1;
			out = realloc(out, out_room);
		}
		isal_inflate_init(&state);
		state.crc_flag = ISAL_GZIP;
		state.next_in = in;
		state.avail_in = size;
		state.next_out = out;
		state.avail_out = out_room;
		if (isal_inflate(&state) != ISAL_DECOMP_OK || state.total_out != isize) {
			fprintf(stderr, "%s: cannot inflate\n", name);
			return 1;
		}
		files++;
		bytes += isize;
		if (memmem(out, isize, "supportplans.amazonaws.com", 26) ||
		    memmem(out, isize, "support-subscription.amazonaws.com", 34))
			found++;
	}
	printf("%ld files, %ld bytes, %ld with a name\n", files, bytes, found);
	return 0;
}
