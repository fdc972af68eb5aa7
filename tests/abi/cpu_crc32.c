/* SPDX-License-Identifier: MIT */
/* CPU-bound: CRC-32 by table and bit by bit give the known check value. */
#include "abi.h"

static uint32_t table[256];
static unsigned char data[1 << 20];

static uint32_t crc_bit(uint32_t crc, unsigned char byte)
{
	crc ^= byte;
	for (int i = 0; i < 8; i++)
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	return crc;
}

static uint32_t crc_slow(const unsigned char *p, size_t len)
{
	uint32_t crc = ~0u;

	while (len--)
		crc = crc_bit(crc, *p++);
	return ~crc;
}

static uint32_t crc_fast(const unsigned char *p, size_t len)
{
	uint32_t crc = ~0u;

	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

int main(void)
{
	uint64_t state = 1;

	for (uint32_t i = 0; i < 256; i++)
		table[i] = crc_bit(i, 0);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)abi_random(&state);
	check("check value", crc_fast((const unsigned char *)"123456789", 9) == 0xcbf43926);
	check("both ways", crc_fast(data, sizeof(data)) == crc_slow(data, sizeof(data)));
	printf("%08x\n", crc_fast(data, sizeof(data)));
	return abi_end();
}
