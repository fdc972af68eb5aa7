// SPDX-License-Identifier: MIT
// C++ streams: formatted output, input from stdin, string streams, locale.
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

int main()
{
	std::string word;
	std::size_t words = 0, letters = 0;
	std::ostringstream text;

	std::cout << "hello " << 42 << ' ' << 3.25 << ' ' << std::hex << 255 << std::dec << '\n';
	std::cout << std::setw(8) << std::setfill('.') << 7 << std::fixed << std::setprecision(3)
		  << 2.0 / 3 << std::boolalpha << true << std::endl;
	while (std::cin >> word) {
		words++;
		letters += word.size();
	}
	text << words << " words, " << letters << " letters";
	std::cout << text.str() << '\n';
	std::cerr << "to stderr\n";
	std::istringstream back("12 0.5 x");
	int i;
	double d;
	char c;
	back >> i >> d >> c;
	std::cout << i + d << c << '\n';
	return std::cin.eof() ? 0 : 1;
}
