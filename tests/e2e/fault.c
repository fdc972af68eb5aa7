/* SPDX-License-Identifier: MIT */
/* Writes through a null pointer. */

int main(int argc, char **argv)
{
	char *volatile nowhere = argc > 100 ? argv[0] : 0;

	*nowhere = 1;
	return 0;
}
