// Flags that fill fields of a request.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "guichet/v1/session_service.pb.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {

// The flag or positional `name` of a command goes to a setter.
template <typename T>
CLI::Option* Flag(CLI::App* command, const std::string& name, std::function<void(const T&)> set, const std::string& help) {
  return command->add_option_function<T>(name, set, help);
}

inline CLI::Option* TextFlag(CLI::App* command, const std::string& name, std::function<void(const std::string&)> set,
                             const std::string& help) {
  return Flag<std::string>(command, name, std::move(set), help)->type_name("TEXT");
}

// Positional and required.
inline void Argument(CLI::App* command, const std::string& name, std::function<void(const std::string&)> set,
                     const std::string& help) {
  Flag<std::string>(command, name, std::move(set), help)->type_name("")->required();
}

inline void SessionArgument(CLI::App* command, std::function<void(const uint64_t&)> set) {
  Flag<uint64_t>(command, "SESSION", std::move(set), "Number of the session")->type_name("")->required();
}

// "a,b" or repeated.
CLI::Option* ListFlag(CLI::App* command, const std::string& name,
                      std::function<google::protobuf::RepeatedPtrField<std::string>*()> field, const std::string& help);

// As absl::ParseDuration: 90s, 1h30m; "never" is 0. Values below 1 ms that are not 0, and negative ones, are usage errors.
CLI::Option* DurationFlag(CLI::App* command, const std::string& name, std::function<void(absl::Duration)> set,
                          const std::string& help);
// Throws CLI::ValidationError on bad text.
absl::Duration ParseDurationFlag(const std::string& name, const std::string& text);

template <typename Enum>
CLI::Option* EnumFlag(CLI::App* command, const std::string& name, std::function<void(Enum)> set, const std::string& help) {
  const auto* type = google::protobuf::GetEnumDescriptor<Enum>();
  const std::vector<std::string> choices = EnumChoices(*type);
  return command
      ->add_option_function<std::string>(
          name, [type, set](const std::string& choice) { set(static_cast<Enum>(EnumValue(*type, choice))); }, help)
      ->check(CLI::IsMember(choices))
      ->type_name("NAME");
}

// Throws CLI::ValidationError for a word that is no value.
std::vector<int> ParseEnumList(const std::string& name, const google::protobuf::EnumDescriptor& type,
                               const std::vector<std::string>& words);
// "a,b" or repeated; each a value of the enum. "none" is the empty list.
template <typename Enum>
CLI::Option* EnumListFlag(CLI::App* command, const std::string& name, std::function<void(const std::vector<Enum>&)> set,
                          const std::string& help) {
  return command
      ->add_option_function<std::vector<std::string>>(
          name,
          [name, set](const std::vector<std::string>& words) {
            std::vector<Enum> values;
            for (const int value : ParseEnumList(name, *google::protobuf::GetEnumDescriptor<Enum>(), words)) {
              values.push_back(static_cast<Enum>(value));
            }
            set(values);
          },
          help)
      ->delimiter(',')
      ->type_name("A,B");
}

// "true" or "false".
CLI::Option* BoolFlag(CLI::App* command, const std::string& name, std::function<void(bool)> set, const std::string& help);

// SESSION, --technician and --epoch of a session command.
void TargetFlags(CLI::App* command, std::function<v1::SessionTarget*()> target);

}  // namespace guichet::ctl
