// A change of a record, as an update mask and the fields of a request say it: checked where the request arrives, applied later
// to the record as it then is.
#pragma once

#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/field_mask.pb.h"

namespace guichet::router {

// The paths of an update: those of its mask, or without one those of the fields that are set. "*" stands for all of them,
// "settings" for all below it.
class Mask {
 public:
  // The fields that are set.
  Mask() = default;
  // INVALID_ARGUMENT for a path that is not one of `allowed`. A path of the form "settings.FIELD" is allowed with "settings"
  // when the message has that field.
  static absl::StatusOr<Mask> Of(const google::protobuf::FieldMask& mask, std::initializer_list<std::string_view> allowed);

  bool Has(const std::string& path, bool is_set) const;

 private:
  std::set<std::string> paths_;
};

template <class T>
class Edit {
 public:
  template <class V>
  void Set(V T::*member, std::type_identity_t<V> value) {
    Add([member, value = std::move(value)](T& record) { record.*member = value; });
  }
  void Add(std::function<void(T&)> step) { steps_.push_back(std::move(step)); }
  void operator()(T& record) const {
    for (const auto& step : steps_) step(record);
  }

 private:
  std::vector<std::function<void(T&)>> steps_;
};

}  // namespace guichet::router
