// What a channel wants to know of its customers: rules of the custom fields of its form.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "statemachine/org.h"

namespace guichet::router {

// Of an administrator: limits, patterns that compile to a small program, choices that the rule itself lets pass.
absl::Status CheckFieldRules(const std::vector<FieldRule>& rules);

// Of a customer, by rules that passed CheckFieldRules; `values` are within the limits of custom fields (CheckCustomFields). A
// value that shows nothing, such as spaces, counts as empty; an empty one is refused where it is required, and by nothing else.
absl::Status CheckForm(const std::vector<FieldRule>& rules, const std::vector<std::string>& values);

}  // namespace guichet::router
