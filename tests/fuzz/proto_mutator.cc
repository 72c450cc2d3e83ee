#include "tests/fuzz/proto_mutator.h"

#include <iterator>

namespace guichet::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

int Enum(const FieldDescriptor* field, std::mt19937_64& random) {
  const auto* type = field->enum_type();
  return random() % 5 == 0 ? static_cast<int>(EdgeNumber(random))
                           : type->value(static_cast<int>(random() % type->value_count()))->number();
}

// Sets or adds one value.
void Put(Message* message, const FieldDescriptor* field, Values& values, std::mt19937_64& random) {
  const auto* reflection = message->GetReflection();
  const bool many = field->is_repeated();
#define PUT(TYPE, Name, value)                                                                          \
  case FieldDescriptor::CPPTYPE_##TYPE:                                                                 \
    many ? reflection->Add##Name(message, field, value) : reflection->Set##Name(message, field, value); \
    break;
  switch (field->cpp_type()) {
    PUT(INT32, Int32, static_cast<int32_t>(values.Number(*field, random)))
    PUT(INT64, Int64, static_cast<int64_t>(values.Number(*field, random)))
    PUT(UINT32, UInt32, static_cast<uint32_t>(values.Number(*field, random)))
    PUT(UINT64, UInt64, values.Number(*field, random))
    PUT(DOUBLE, Double, static_cast<double>(values.Number(*field, random)))
    PUT(FLOAT, Float, static_cast<float>(values.Number(*field, random)))
    PUT(BOOL, Bool, random() % 2 == 0)
    PUT(ENUM, EnumValue, Enum(field, random))
    PUT(STRING, String, values.Text(*field, many ? "" : reflection->GetString(*message, field), random))
    case FieldDescriptor::CPPTYPE_MESSAGE:
      many ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
      break;
  }
#undef PUT
}

}  // namespace

uint64_t EdgeNumber(std::mt19937_64& random) {
  static constexpr uint64_t kEdges[] = {0, 1, 2, 10, 63, 64, 1440, 86400, 999999999, 1000000000, 253402300800};
  switch (random() % 4) {
    case 0:
      return kEdges[random() % std::size(kEdges)];
    case 1:
      return (uint64_t{1} << random() % 64) - random() % 2;
    case 2:
      return random() % 100;
    default:
      return random() >> random() % 64;
  }
}

size_t EdgeSize(std::mt19937_64& random) {
  static constexpr size_t kSizes[] = {1, 63, 64, 65, 128, 129, 255, 256, 257, 512, 1024, 1025, 4000, 4001};
  return kSizes[random() % std::size(kSizes)];
}

uint64_t Values::Number(const FieldDescriptor&, std::mt19937_64& random) { return EdgeNumber(random); }

void MutateMessage(Message* message, Values& values, std::mt19937_64& random) {
  const auto* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  if (type->field_count() == 0) return;
  const FieldDescriptor* field = type->field(static_cast<int>(random() % type->field_count()));
  const bool many = field->is_repeated();
  const int count = many ? reflection->FieldSize(*message, field) : reflection->HasField(*message, field);
  const bool inner = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (inner && count > 0 && random() % 4 != 0) {
    const int at = static_cast<int>(random() % count);
    return MutateMessage(
        many ? reflection->MutableRepeatedMessage(message, field, at) : reflection->MutableMessage(message, field), values,
        random);
  }
  switch (random() % 8) {
    case 0:
      return reflection->ClearField(message, field);
    case 1:
      if (many && count > 0) return reflection->RemoveLast(message, field);
      return Put(message, field, values, random);
    case 2:
      if (many && count > 1) {
        return reflection->SwapElements(message, field, static_cast<int>(random() % count), static_cast<int>(random() % count));
      }
      return Put(message, field, values, random);
    case 3:  // many alike
      for (uint64_t i = random() % 120; many && i > 0; --i) Put(message, field, values, random);
      return;
    default:
      Put(message, field, values, random);
      // A new message is rarely of use when it is empty.
      if (inner) {
        Message* put = many ? reflection->MutableRepeatedMessage(message, field, reflection->FieldSize(*message, field) - 1)
                            : reflection->MutableMessage(message, field);
        for (uint64_t i = random() % 4; i > 0; --i) MutateMessage(put, values, random);
      }
  }
}

}  // namespace guichet::fuzz
