#include "axes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "text.hpp"

namespace picture {
namespace {

constexpr double precision = 2;                     // device pixels of a measured pixel
constexpr double apart = 6;                         // between labels of an axis
constexpr double line_height = 0.75 * number_size;  // of digits

// Where the characters of UTF-8 begin, and the end.
std::vector<std::size_t> characters(std::string_view text) {
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80) begins.push_back(i);
  begins.push_back(text.size());
  return begins;
}

double label_size(const Axis& axis, const Tick& tick) {
  return axis.along == Along::x ? text_width(tick.label, number_size) : line_height;
}

bool are_apart(const Axis& axis, const std::vector<Tick>& ticks) {
  double end = -1e300;
  for (const Tick& tick : ticks) {
    const double at = axis.label_position(tick), half = label_size(axis, tick) / 2;
    if (at - half < end + apart) return false;
    end = at + half;
  }
  return true;
}

// A few ticks of a short axis with long numbers: 2e-07 for 0.0000002. If these touch too, only the first has a label.
std::vector<Tick> short_ticks(const Axis& axis) {
  std::vector<Tick> ticks;
  for (int count = 2; count <= 4 && ticks.size() < 2; ++count) ticks = nice_ticks(axis.range, count);
  std::vector<Tick> shorter = ticks;
  for (Tick& tick : shorter) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.3g", std::abs(tick.value));
    tick.label = (tick.value < 0 ? "\u2212" : "") + std::string(digits);
  }
  const bool distinct = shorter.size() < 2 || shorter[0].label != shorter[1].label;
  if (distinct && are_apart(axis, shorter)) return shorter;
  for (std::size_t i = 1; i < ticks.size(); ++i) ticks[i].label.clear();
  return ticks;
}

}  // namespace

double text_width(std::string_view text, double size) {
  return draw_text(text, size * precision).advance / precision;
}

std::string shortened(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width) return std::string(text);
  const std::vector<std::size_t> begins = characters(text);
  for (std::size_t kept = begins.size() - 2; kept > 0; --kept) {
    const std::size_t front = (kept + 1) / 2, back = kept / 2;
    const std::string cut = std::string(text.substr(0, begins[front])) + "\u2026" +
                            std::string(text.substr(begins[begins.size() - 1 - back]));
    if (text_width(cut, size) <= width) return cut;
  }
  return "\u2026";
}

double Axis::label_position(const Tick& tick) const {
  const double at = (tick.value - range.low) / range.length() * length;
  const double room = label_size(*this, tick) / 2 - overhang;  // between the middle of a label and an end
  return 2 * room > length ? length / 2 : std::clamp(at, room, length - room);
}

std::vector<Tick> ticks_along(const Axis& axis, int at_most) {
  std::vector<Tick> most;
  for (int count = at_most; count >= 2; --count) {
    std::vector<Tick> ticks = nice_ticks(axis.range, count);
    if (ticks.size() > most.size() && are_apart(axis, ticks)) most = std::move(ticks);
  }
  return most.size() > 1 ? most : short_ticks(axis);
}

double name_distance(const std::vector<Tick>& ticks) {
  double widest = 0;
  for (const Tick& tick : ticks) widest = std::max(widest, text_width(tick.label, number_size));
  return std::max(36.0, tick_reach + 4 + widest + 7);
}

}  // namespace picture
