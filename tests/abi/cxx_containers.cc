// SPDX-License-Identifier: MIT
// The standard containers and algorithms over many small allocations.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

int main()
{
	std::map<std::string, int> tree;
	std::unordered_map<int, std::string> hash;
	std::vector<std::unique_ptr<int>> owned;
	std::vector<int> v(100000);
	std::uint32_t x = 1;

	for (int i = 0; i < 20000; i++) {
		x = x * 1664525u + 1013904223u;
		tree[std::to_string(x >> 20)] += 1;
		hash[int(x >> 22)] += char('a' + i % 26);
		owned.push_back(std::make_unique<int>(i));
	}
	std::size_t letters = 0;
	for (const auto &entry : hash)
		letters += entry.second.size();
	std::printf("%zu keys, first %s, %zu buckets' letters\n", tree.size(),
		    tree.begin()->first.c_str(), letters);
	std::iota(v.begin(), v.end(), 0);
	std::reverse(v.begin(), v.begin() + 50000);
	std::stable_sort(v.begin(), v.end(), [](int a, int b) { return a % 1000 < b % 1000; });
	std::printf("%d %d %d\n", v[0], v[1], v[99999]);
	std::sort(v.begin(), v.end(), std::greater<int>());
	long sum = std::accumulate(owned.begin(), owned.end(), 0L,
				   [](long s, const std::unique_ptr<int> &p) { return s + *p; });
	std::printf("%d %ld\n", v[0], sum);
	std::set<int> some(v.begin(), v.begin() + 10);
	for (int n : some)
		std::printf("%d ", n);
	std::string s(100000, 'x');
	std::printf("\n%zu\n", (s + s).find("y") == std::string::npos ? s.size() : 0);
	return 0;
}
