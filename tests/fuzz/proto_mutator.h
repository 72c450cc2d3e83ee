// Mutations of protobuf messages by reflection: of one field, so that the others stay what they are.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "google/protobuf/message.h"

namespace guichet::fuzz {

// Where values come from. `old`: of the field, if it has one.
class Values {
 public:
  virtual ~Values() = default;
  virtual std::string Text(const google::protobuf::FieldDescriptor& field, const std::string& old, std::mt19937_64& random) = 0;
  virtual uint64_t Number(const google::protobuf::FieldDescriptor& field, std::mt19937_64& random);
};

// Numbers and sizes at which something happens, among others.
uint64_t EdgeNumber(std::mt19937_64& random);
size_t EdgeSize(std::mt19937_64& random);

// Changes one field of the message or below it: sets, clears, adds, removes, exchanges.
void MutateMessage(google::protobuf::Message* message, Values& values, std::mt19937_64& random);

}  // namespace guichet::fuzz
