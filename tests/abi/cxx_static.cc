// SPDX-License-Identifier: MIT
// Static objects are made in order before main, function-local ones when they
// are first used, thread-local ones too; all are destroyed in reverse.
#include <cstdio>
#include <cstdlib>

namespace
{
struct speaker {
	const char *name;
	explicit speaker(const char *n) : name(n) { std::printf("make %s\n", name); }
	~speaker() { std::printf("destroy %s\n", name); }
};

speaker first("first");
speaker second("second");
thread_local speaker of_thread("thread's");

const char *local_name()
{
	static speaker local("local");

	return local.name;
}
} // namespace

int main()
{
	std::atexit([] { std::puts("atexit"); });
	std::puts("main");
	std::printf("%s %s\n", local_name(), of_thread.name);
	std::printf("%s\n", local_name());
	return 3;
}
