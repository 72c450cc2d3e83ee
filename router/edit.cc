#include "router/edit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "guichet/v1/types.pb.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr std::string_view kSettings = "settings";
constexpr std::string_view kBelowSettings = "settings.";

bool IsSetting(const std::string& path) {
  return path.starts_with(kBelowSettings) &&
         v1::GroupSettings::descriptor()->FindFieldByName(path.substr(kBelowSettings.size())) != nullptr;
}

}  // namespace

absl::StatusOr<Mask> Mask::Of(const google::protobuf::FieldMask& mask, std::initializer_list<std::string_view> allowed) {
  Mask made;
  for (const std::string& path : mask.paths()) {
    const auto is = [&](std::string_view name) { return std::find(allowed.begin(), allowed.end(), name) != allowed.end(); };
    if (path != "*" && !is(path) && !(is(kSettings) && IsSetting(path))) {
      return InvalidField("update_mask", absl::StrCat("\"", path, "\" is no field that can be updated"));
    }
    made.paths_.insert(path);
  }
  return made;
}

bool Mask::Has(const std::string& path, bool is_set) const {
  if (paths_.empty()) return is_set;
  if (paths_.contains("*") || paths_.contains(path)) return true;
  return path.starts_with(kBelowSettings) && paths_.contains(std::string(kSettings));
}

}  // namespace guichet::router
