// SPDX-License-Identifier: MIT
// Exceptions unwind through many frames, run destructors, and are caught by type.
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{
int alive;

struct counted {
	counted() { alive++; }
	~counted() { alive--; }
};

[[gnu::noinline]] int descend(int depth)
{
	counted guard;

	if (depth == 0)
		throw std::runtime_error("from the bottom");
	return descend(depth - 1) + 1;
}
} // namespace

int main()
{
	int caught = 0;

	for (int depth = 0; depth < 300; depth++) {
		try {
			descend(depth);
		} catch (const std::exception &e) {
			caught += std::string(e.what()) == "from the bottom";
		}
	}
	std::printf("caught %d, alive %d\n", caught, alive);
	try {
		try {
			throw 7;
		} catch (int n) {
			std::printf("int %d\n", n);
			throw;
		}
	} catch (...) {
		std::puts("again");
	}
	try {
		std::vector<int> v(3);
		v.at(5) = 1;
	} catch (const std::out_of_range &) {
		std::puts("out of range");
	}
	try {
		volatile std::size_t much = std::size_t(1) << 60;
		delete[] new char[much];
	} catch (const std::bad_alloc &) {
		std::puts("bad alloc");
	}
	return alive != 0 || caught != 300;
}
