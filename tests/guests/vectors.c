/* SPDX-License-Identifier: MIT */
/*
 * Keeps values of its own in all vector registers, the mask registers, the x87
 * stack and both control words, over preemption and over yields, and verifies
 * them: vectors keep|rival MS SEED. A rival fills them and does not care. What
 * is printed does not say how wide the registers are.
 */
#include "guest.h"
#include "hold.h"

static const char *find_difference(const struct hold_vectors *a, const struct hold_vectors *b,
				   enum hold_level level)
{
	size_t width = 16u << level;

	for (int i = 0; i < (level == HOLD_AVX512 ? 32 : 16); i++)
		if (memcmp(a->zmm[i], b->zmm[i], width))
			return "vector register";
	if (level == HOLD_AVX512 && memcmp(a->k, b->k, sizeof(a->k)))
		return "mask register";
	for (int i = 0; i < 8; i++)
		if (memcmp(a->x87[i], b->x87[i], 10))
			return "x87 register";
	if (a->mxcsr != b->mxcsr)
		return "mxcsr";
	return a->fcw != b->fcw ? "x87 control word" : NULL;
}

static void make_values(struct hold_vectors *v, uint64_t *state)
{
	uint64_t *words = (uint64_t *)v;

	for (size_t i = 0; i < sizeof(*v) / 8; i++)
		words[i] = guest_random(state);
	for (int i = 0; i < 8; i++)
		v->x87[i][7] |= 0x80; /* a normal number: its top bit is set */
	v->mxcsr = 0x1f80 | (uint32_t)(guest_random(state) & 0xe07f);
	v->fcw = (uint16_t)(0x007f | (guest_random(state) & 0xf00));
}

int main(int argc, char **argv)
{
	int64_t end = guest_now_ms() + (int64_t)guest_number(argc, argv, 2, 100);
	int is_rival = argc > 1 && strcmp(argv[1], "rival") == 0;
	uint64_t state = guest_number(argc, argv, 3, 1) * 0x9e3779b97f4a7c15 + 1;
	enum hold_level level = hold_level();
	static struct hold_vectors in, out;
	unsigned long rounds = 0;

	while (guest_now_ms() < end) {
		unsigned long spins = 1000 + (guest_random(&state) & 0x3ffff);
		const char *what;

		make_values(&in, &state);
		memset(&out, 0, sizeof(out));
		hold_vectors(&in, &out, level, spins, rounds % 3 ? 0 : 3);
		what = find_difference(&in, &out, level);
		rounds++;
		if (!what || is_rival)
			continue;
		printf("another value in a %s\n", what);
		fprintf(stderr, "round %lu, level %d\n", rounds, level);
		return 3;
	}
	if (!is_rival)
		puts(rounds ? "vectors kept" : "no round");
	return rounds ? 0 : GUEST_BROKEN;
}
