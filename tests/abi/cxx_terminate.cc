// SPDX-License-Identifier: MIT
// An exception that nobody catches ends the program by SIGABRT and says so.
#include <cstdio>
#include <stdexcept>

int main()
{
	std::puts("before");
	std::fflush(stdout);
	throw std::logic_error("nobody catches this");
}
