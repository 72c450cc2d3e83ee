#include <iostream>

#include "tools/ctl/ctl.h"

int main(int argc, char** argv) {
  return guichet::ctl::Main({argv + 1, argv + argc}, guichet::ctl::Io{.out = std::cout, .err = std::cerr});
}
