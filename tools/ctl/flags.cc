#include "tools/ctl/flags.h"

#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace guichet::ctl {

CLI::Option* ListFlag(CLI::App* command, const std::string& name,
                      std::function<google::protobuf::RepeatedPtrField<std::string>*()> field, const std::string& help) {
  return command
      ->add_option_function<std::vector<std::string>>(
          name, [field](const std::vector<std::string>& values) { field()->Assign(values.begin(), values.end()); }, help)
      ->delimiter(',')
      ->type_name("A,B");
}

absl::Duration ParseDurationFlag(const std::string& name, const std::string& text) {
  absl::Duration duration;
  if (text == "never") return absl::ZeroDuration();
  if (!absl::ParseDuration(text, &duration)) {
    throw CLI::ValidationError(name, "\"" + text + "\" is not a duration such as 90s, 30m or 1h30m");
  }
  if (duration < absl::ZeroDuration() || (duration > absl::ZeroDuration() && duration < absl::Milliseconds(1))) {
    throw CLI::ValidationError(name, "\"" + text + "\" must be 0 or at least 1ms");
  }
  if (duration == absl::InfiniteDuration()) throw CLI::ValidationError(name, "write never for no limit");
  return duration;
}

CLI::Option* DurationFlag(CLI::App* command, const std::string& name, std::function<void(absl::Duration)> set,
                          const std::string& help) {
  return command
      ->add_option_function<std::string>(
          name, [name, set](const std::string& text) { set(ParseDurationFlag(name, text)); }, help)
      ->type_name("DURATION");
}

std::vector<int> ParseEnumList(const std::string& name, const google::protobuf::EnumDescriptor& type,
                               const std::vector<std::string>& words) {
  std::vector<int> values;
  if (words == std::vector<std::string>{"none"}) return values;
  for (const std::string& word : words) {
    values.push_back(EnumValue(type, word));
    if (values.back() == 0) {
      throw CLI::ValidationError(name, "\"" + word + "\" is none of " + absl::StrJoin(EnumChoices(type), ", "));
    }
  }
  return values;
}

CLI::Option* BoolFlag(CLI::App* command, const std::string& name, std::function<void(bool)> set, const std::string& help) {
  return Flag<bool>(
             command, name, [set](const bool& on) { set(on); }, help)
      ->type_name("true|false");
}

void TargetFlags(CLI::App* command, std::function<v1::SessionTarget*()> target) {
  SessionArgument(command, [target](const uint64_t& id) { target()->set_session_id(id); });
  TextFlag(
      command, "--technician", [target](const std::string& id) { target()->set_technician_id(id); },
      "Who acts; technicians act for themselves");
  Flag<uint64_t>(
      command, "--epoch", [target](const uint64_t& epoch) { target()->set_expected_epoch(epoch); },
      "Refuse when the session's owner changed since this epoch")
      ->type_name("NUMBER");
}

}  // namespace guichet::ctl
