// The page of metrics, over HTTP.
#pragma once

#include <string>

namespace guichet::api_test {

// The whole answer, headers included, of a server on loopback.
std::string HttpGet(int port, const std::string& path);

}  // namespace guichet::api_test
