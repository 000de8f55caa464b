#include "axes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "text.hpp"

namespace picture {
namespace {

constexpr double precision = 2;                     // device pixels of a measured pixel
constexpr double apart = 6;                         // between labels of an axis
constexpr double line_height = 0.75 * number_size;  // of digits

// The positions, from the lower end, where a character of UTF-8 begins.
std::vector<std::size_t> characters(std::string_view text) {
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80) begins.push_back(i);
  begins.push_back(text.size());
  return begins;
}

// Empties labels that reach too far, and says whether those left are apart.
bool fit(Along axis, std::vector<Tick>& ticks, Range range, double length, double overhang) {
  double end = -1e300;
  bool free = true;
  for (Tick& tick : ticks) {
    const double size = axis == Along::x ? text_width(tick.label, number_size) : line_height;
    const double at = (tick.value - range.low) / range.length() * length;
    const double low = at - size / 2, high = at + size / 2;
    if (low < -overhang || high > length + overhang) {
      tick.label.clear();
      continue;
    }
    free = free && low >= end + apart;
    end = high;
  }
  return free;
}

std::ptrdiff_t labelled(const std::vector<Tick>& ticks) {
  return std::count_if(ticks.begin(), ticks.end(), [](const Tick& tick) { return !tick.label.empty(); });
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

std::vector<Tick> ticks_along(Along axis, Range range, int at_most, double length, double overhang) {
  std::vector<Tick> most;  // of the counts whose labels are apart, that with most labels
  for (int count = at_most; count >= 2; --count) {
    std::vector<Tick> ticks = nice_ticks(range, count);
    if (fit(axis, ticks, range, length, overhang) && labelled(ticks) > labelled(most))
      most = std::move(ticks);
  }
  return most;
}

double name_distance(const std::vector<Tick>& ticks) {
  double widest = 0;
  for (const Tick& tick : ticks) widest = std::max(widest, text_width(tick.label, number_size));
  return std::max(36.0, tick_reach + 4 + widest + 7);
}

}  // namespace picture
