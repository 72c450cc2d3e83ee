// Files that fill requests: JSON of one message, and lists of technicians. And files that keep secrets.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "guichet/v1/types.pb.h"

namespace guichet::ctl {

// What takes a `flag` throws CLI::ValidationError that names it when a file cannot be read or understood.

// Merges the JSON object of the file into `message`, without the fields `ignored`, and returns the names of the others that the
// file has, empty ones among them. The object may be a member of the file's, as it is in an answer: {"channel": {…}}.
std::vector<std::string> MergeJson(const std::string& flag, const std::string& path, const std::string& member,
                                   const std::vector<std::string>& ignored, google::protobuf::Message* message);

// Writes `secret` and a line end to a file that only its owner may read. False when it cannot be written.
bool WriteSecret(const std::string& path, const std::string& secret);

// Technicians from a file: JSON ([…] or {"technicians": […]}), or, when its name ends with .csv, a heading of field names and a
// line each. Lists in a cell are "a;b", skills "german=7;linux=3".
void ReadTechnicians(const std::string& flag, const std::string& path,
                     google::protobuf::RepeatedPtrField<v1::Technician>* technicians);

// "german=7"; false when it is none.
bool ParseSkill(const std::string& text, v1::Skill* skill);

// The lines of a CSV file as cells; quoted cells may hold commas, quotes ("") and line ends. False when a quote is not closed.
bool ParseCsv(const std::string& text, std::vector<std::vector<std::string>>* lines);

}  // namespace guichet::ctl
