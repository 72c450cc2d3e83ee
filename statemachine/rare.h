// Members that most owners leave empty: one pointer, and memory of their own only where they are set. A million live sessions
// would otherwise hold mostly room for what few of them ever have.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace guichet {

// A value of which most are T{}. Copies and compares as a T; is read as one, and written by assignment or Mutable.
template <class T>
class Rare {
 public:
  Rare() = default;
  Rare(T value) : value_(value == T{} ? nullptr : std::make_unique<T>(std::move(value))) {}
  Rare(const Rare& other) : Rare(other.get()) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(Rare other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }

  const T& get() const {
    static const T none{};
    return value_ ? *value_ : none;
  }
  operator const T&() const { return get(); }
  const T& operator*() const { return get(); }
  const T* operator->() const { return &get(); }
  T& Mutable() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  // Whether it is anything but T{}.
  explicit operator bool() const { return value_ && !(*value_ == T{}); }

  friend bool operator==(const Rare& a, const Rare& b) { return a.get() == b.get(); }
  friend bool operator==(const Rare& a, const T& b) { return a.get() == b; }

 private:
  std::unique_ptr<T> value_;
};

// A std::optional whose value is on the heap.
template <class T>
class RareOptional {
 public:
  RareOptional() = default;
  RareOptional(std::nullopt_t) {}
  RareOptional(T value) : value_(std::make_unique<T>(std::move(value))) {}
  RareOptional(std::optional<T> value) : value_(value ? std::make_unique<T>(*std::move(value)) : nullptr) {}
  RareOptional(const RareOptional& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  RareOptional(RareOptional&&) noexcept = default;
  RareOptional& operator=(RareOptional other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }

  T& emplace() { return *(value_ = std::make_unique<T>()); }
  void reset() { value_.reset(); }
  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

  friend bool operator==(const RareOptional& a, const RareOptional& b) {
    return a.has_value() == b.has_value() && (!a || *a == *b);
  }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace guichet
