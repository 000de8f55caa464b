#include "look.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <eigenflow/numerics/equal_to_rounding.hpp>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "numbers.hpp"
#include "table/text.hpp"

namespace command {
namespace {

constexpr double far_spreads = 20, gap = 10;
constexpr std::size_t fewest = 20;  // rows that say something about others

using Sorted = std::vector<double>;

// The different values of a column, in order.
std::vector<Repeated> runs_of(const Sorted& sorted) {
  std::vector<Repeated> runs;
  for (const double value : sorted) {
    if (runs.empty() || runs.back().value != value) runs.push_back({value, 0});
    ++runs.back().count;
  }
  return runs;
}

struct Bulk {
  double middle, spread;  // for a normal, its mean and its deviation
};

std::optional<Bulk> shorth(const Sorted& sorted) {
  if (sorted.size() < fewest) return std::nullopt;
  const std::size_t half = sorted.size() / 2;
  std::size_t best = 0;
  for (std::size_t i = 0; i + half < sorted.size(); ++i)
    if (sorted[i + half] - sorted[i] < sorted[best + half] - sorted[best]) best = i;
  const double spread = (sorted[best + half] - sorted[best]) / (2 * 0.6744897501960817);
  if (!(spread > 0) || !std::isfinite(spread)) return std::nullopt;
  return Bulk{sorted[best + half / 2], spread};
}

// Where one value has half of the rows (no rain, nothing sold), the others tell what is far.
std::optional<Bulk> bulk_of(const Sorted& sorted, const std::vector<Repeated>& runs) {
  if (const auto bulk = shorth(sorted)) return bulk;
  if (runs.empty()) return std::nullopt;
  const double mode = std::max_element(runs.begin(), runs.end(), [](const Repeated& a, const Repeated& b) {
                        return a.count < b.count;
                      })->value;
  Sorted others;
  std::copy_if(sorted.begin(), sorted.end(), std::back_inserter(others),
               [mode](double value) { return value != mode; });
  return shorth(others);
}

// Numbers that people write where there is none: -999, 99.9, 9998, 1e20, -32768.
bool looks_like_mark(double value) {
  const double size = std::abs(value);
  for (const double edge : {32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0, 4294967295.0})
    if (size == edge) return true;
  if (size >= 1e30) return true;
  std::string digits;
  for (const char c : decimal(size)) {
    if (c == 'e') break;
    if (c != '.') digits += c;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits == "1") return size >= 1e5;
  const auto all = [&](char c) { return digits.find_first_not_of(c) == std::string::npos; };
  if (digits.size() >= 2 && all('9')) return size >= 9;
  if (digits.size() < 3) return false;
  if (all('8') || all('7')) return size >= 77;
  const char last = digits.back();
  digits.back() = '9';
  return all('9') && (last == '8' || last == '7') && size >= 9;
}

// A mark repeats, but most rows have none.
bool may_be_mark(const Repeated& run, Eigen::Index rows) {
  return run.count >= 2 && 10 * run.count <= 4 * rows && looks_like_mark(run.value);
}

bool has_mark(const std::vector<Repeated>& marks, double value) {
  return std::any_of(marks.begin(), marks.end(), [&](const Repeated& mark) { return mark.value == value; });
}

// Whether the first of these runs, from the end `runs.front()`, is a mark of missing values: apart from all others by
// more than these are from each other, or below zero where they are not.
bool is_mark(const std::vector<Repeated>& runs, bool lowest, Eigen::Index rows) {
  if (runs.size() < 3) return false;
  const Repeated& mark = lowest ? runs.front() : runs.back();
  if (!may_be_mark(mark, rows)) return false;
  const double next = lowest ? runs[1].value : runs[runs.size() - 2].value;
  if (lowest && mark.value < 0 && next >= 0) return true;
  // The range of the others, without a hundredth at each end.
  const Eigen::Index others = rows - mark.count;
  const auto at = [&](double share) {
    Eigen::Index before = 0;
    for (std::size_t i = lowest ? 1 : 0; i + (lowest ? 0 : 1) < runs.size(); ++i) {
      before += runs[i].count;
      if (static_cast<double>(before) >= share * static_cast<double>(others)) return runs[i].value;
    }
    return next;
  };
  return std::abs(mark.value - next) > at(0.99) - at(0.01);
}

// Takes marks from both ends of the runs.
std::vector<Repeated> take_marks(std::vector<Repeated>& runs, Eigen::Index rows) {
  std::vector<Repeated> marks;
  for (;;) {
    const bool low = is_mark(runs, true, rows);
    if (!low && !is_mark(runs, false, rows)) return marks;
    const auto mark = low ? runs.begin() : runs.end() - 1;
    rows -= mark->count;
    marks.push_back(*mark);
    runs.erase(mark);
  }
}

// What lies far from the middle on one side.
struct Side {
  Eigen::Index rows = 0;
  double edge = std::numeric_limits<double>::infinity();  // a distance from the middle, before them
  double nearest, farthest;                               // values; the middle where there are none

  // Rows that are no cluster, which lies many of its own widths away.
  bool is_strewn(double middle) const {
    return rows <= 1 || std::abs(farthest - nearest) >= 0.5 * std::abs(nearest - middle);
  }
};

// The runs from the middle outwards.
template <class Iterator>
Side far_side(Iterator run, Iterator end, const Bulk& bulk) {
  Side side{.nearest = bulk.middle, .farthest = bulk.middle};
  double reached = 1;  // spreads
  for (; run != end; ++run) {
    const double distance = std::abs(run->value - bulk.middle) / bulk.spread;
    if (side.rows == 0 && distance >= far_spreads && distance >= gap * reached) {
      side.edge = std::sqrt(distance) * std::sqrt(reached) * bulk.spread;
      side.nearest = run->value;
    }
    reached = std::max(reached, distance);
    if (!std::isfinite(side.edge)) continue;
    side.rows += run->count;
    side.farthest = run->value;
  }
  return side;
}

struct Sides {
  Side low, high;
};

Sides sides_of(const std::vector<Repeated>& runs, const Bulk& bulk) {
  const auto above = std::partition_point(runs.begin(), runs.end(),
                                          [&](const Repeated& run) { return run.value < bulk.middle; });
  return {far_side(std::make_reverse_iterator(above), runs.rend(), bulk), far_side(above, runs.end(), bulk)};
}

// Takes marks from among the values that lie far outside.
std::vector<Repeated> take_far_marks(std::vector<Repeated>& runs, const Sides& sides, const Bulk& bulk,
                                     Eigen::Index rows) {
  std::vector<Repeated> marks;
  std::erase_if(runs, [&](const Repeated& run) {
    const double from = run.value - bulk.middle;
    const bool is = (from > sides.high.edge || -from > sides.low.edge) && may_be_mark(run, rows);
    if (is) marks.push_back(run);
    return is;
  });
  return marks;
}

// The greatest whole number that divides all values; 0 where one is not whole, or too large to tell.
double unit_of(const std::vector<Repeated>& runs) {
  double unit = 0;
  for (const Repeated& run : runs) {
    double a = std::abs(run.value), b = unit;
    if (a != std::floor(a) || a > 1e15) return 0;
    while (b > 0) a = std::exchange(b, std::fmod(a, b));
    unit = a;
  }
  return unit;
}

std::vector<Repeated> sorted_runs(const Eigen::Ref<const Eigen::VectorXd>& column, Sorted& sorted) {
  sorted.assign(column.begin(), column.end());
  std::sort(sorted.begin(), sorted.end());
  return runs_of(sorted);
}

// Values that may be marks, though they lie among the others: they repeat at an end, where no other value does so.
std::vector<Repeated> suspicious_of(const std::vector<Repeated>& runs, Eigen::Index rows) {
  std::vector<Repeated> found;
  if (runs.size() < 10) return found;
  for (const Repeated& run : {runs.front(), runs.back()})
    if (run.count >= 3 && looks_like_mark(run.value) && std::abs(run.value) >= 99 &&
        run.count * static_cast<Eigen::Index>(runs.size()) >= 10 * rows)
      found.push_back(run);
  return found;
}

// The rows that are not kept, but for those with a mark of missing values.
std::vector<Eigen::Index> far_rows(const std::vector<ColumnLook>& columns,
                                   const Eigen::Ref<const Eigen::MatrixXd>& x,
                                   const std::vector<Eigen::Index>& kept) {
  std::vector<Eigen::Index> far;
  auto next = kept.begin();
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    if (next != kept.end() && *next == i) {
      ++next;
      continue;
    }
    bool marked = false;
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      marked = marked || columns[static_cast<std::size_t>(j)].fence.is_mark(x(i, j));
    if (!marked) far.push_back(i);
  }
  return far;
}

Eigen::Index count_copies(const Eigen::Ref<const Eigen::MatrixXd>& x, std::vector<Eigen::Index> rows) {
  const auto compare = [&](Eigen::Index a, Eigen::Index b) {
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      if (x(a, j) != x(b, j)) return x(a, j) < x(b, j);
    return false;
  };
  std::sort(rows.begin(), rows.end(), compare);
  Eigen::Index copies = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) copies += compare(rows[i - 1], rows[i]) ? 0 : 1;
  return copies;
}

// A fence for a column without: rows of another table that lie as far beyond these as a row that is left out.
void limit(ColumnLook& column, const Sorted& sorted, const std::vector<Repeated>& runs) {
  const std::optional<Bulk> bulk = bulk_of(sorted, runs);
  if (!bulk || std::isfinite(column.fence.low) || std::isfinite(column.fence.high)) return;
  const auto edge = [&](double reached) { return std::max(far_spreads * bulk->spread, gap * reached); };
  column.fence.low = bulk->middle - edge(bulk->middle - sorted.front());
  column.fence.high = bulk->middle + edge(sorted.back() - bulk->middle);
}

std::string rows_text(Eigen::Index count) {
  return std::to_string(count) + (count == 1 ? " row" : " rows");
}

std::string short_decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace

bool Fence::keeps(double value) const {
  return value > low && value < high && !is_mark(value);
}

bool Fence::is_mark(double value) const {
  return std::find(marks.begin(), marks.end(), value) != marks.end();
}

ColumnLook fence_of(const Eigen::Ref<const Eigen::VectorXd>& column) {
  ColumnLook look;
  Sorted sorted;
  std::vector<Repeated> runs = sorted_runs(column, sorted);
  const Eigen::Index rows = column.size();
  if (sorted.size() < fewest) return look;
  if (const std::optional<Bulk> bulk = bulk_of(sorted, runs))
    look.marks = take_far_marks(runs, sides_of(runs, *bulk), *bulk, rows);
  for (const Repeated& mark : take_marks(runs, rows)) look.marks.push_back(mark);
  for (const Repeated& mark : look.marks) look.fence.marks.push_back(mark.value);
  look.suspicious = suspicious_of(runs, rows);
  if (!look.marks.empty()) std::erase_if(sorted, [&](double value) { return has_mark(look.marks, value); });

  const std::optional<Bulk> bulk = bulk_of(sorted, runs);
  if (!bulk) return look;
  const auto [low, high] = sides_of(runs, *bulk);
  const bool strewn = low.is_strewn(bulk->middle) && high.is_strewn(bulk->middle);
  const Eigen::Index few = std::min(std::max<Eigen::Index>(3, rows / (strewn ? 20 : 100)), rows / 10);
  const Eigen::Index far = low.rows + high.rows;
  look.farthest = bulk->middle - low.farthest > high.farthest - bulk->middle ? low.farthest : high.farthest;
  if (far > few) {
    look.many_far = far;
    return look;
  }
  look.far = far;
  look.fence.low = bulk->middle - low.edge;
  look.fence.high = bulk->middle + high.edge;
  return look;
}

std::vector<Eigen::Index> kept_rows(const std::vector<ColumnLook>& columns,
                                    const Eigen::Ref<const Eigen::MatrixXd>& x) {
  std::vector<bool> keeps(static_cast<std::size_t>(x.rows()), true);
  for (Eigen::Index j = 0; j < x.cols(); ++j)
    for (Eigen::Index i = 0; i < x.rows(); ++i)
      if (!columns[static_cast<std::size_t>(j)].fence.keeps(x(i, j)))
        keeps[static_cast<std::size_t>(i)] = false;
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    if (keeps[static_cast<std::size_t>(i)]) kept.push_back(i);
  return kept;
}

Look look_at(const Eigen::Ref<const Eigen::MatrixXd>& x, bool all_rows) {
  Look look;
  look.rows = x.rows();
  for (Eigen::Index j = 0; j < x.cols(); ++j)
    look.columns.push_back(all_rows ? ColumnLook{} : fence_of(x.col(j)));
  look.kept = kept_rows(look.columns, x);
  look.far = far_rows(look.columns, x, look.kept);

  Sorted sorted;
  for (Eigen::Index j = 0; j < x.cols() && !look.kept.empty(); ++j) {
    ColumnLook& column = look.columns[static_cast<std::size_t>(j)];
    const std::vector<Repeated> runs = sorted_runs(x(look.kept, j), sorted);
    column.low = sorted.front();
    column.high = sorted.back();
    column.constant = eigenflow::detail::equal_to_rounding(column.low, column.high);
    column.distinct = static_cast<Eigen::Index>(runs.size());
    column.unit = unit_of(runs);
    if (static_cast<Eigen::Index>(look.kept.size()) < look.rows) limit(column, sorted, runs);
  }
  look.copies = count_copies(x, look.kept);
  return look;
}

std::vector<std::string> lines_of(const Look& look, const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  bool continuous = false;
  for (std::size_t j = 0; j < look.columns.size(); ++j) {
    const ColumnLook& column = look.columns[j];
    const std::string name = table::shown(names[j]) + ": ";
    continuous = continuous || 2 * column.distinct > static_cast<Eigen::Index>(look.kept.size());
    for (const Repeated& mark : column.marks)
      lines.push_back(name + short_decimal(mark.value) + " stands in " + rows_text(mark.count) +
                      ", apart from all others, as a mark of missing values does");
    for (const Repeated& mark : column.suspicious)
      lines.push_back(name + short_decimal(mark.value) + " stands in " + rows_text(mark.count) +
                      ". If it marks missing values, take these rows out of the table");
    if (column.far > 0)
      lines.push_back(name + rows_text(column.far) + (column.far == 1 ? " lies" : " lie") +
                      " far outside, as far as " + short_decimal(column.farthest) +
                      ", where the others lie from " + short_decimal(column.low) + " to " +
                      short_decimal(column.high));
    if (column.many_far > 0)
      lines.push_back(name + rows_text(column.many_far) + " lie far outside, as far as " +
                      short_decimal(column.farthest) + ". They are too many to be left out: are they meant?");
    if (column.constant)
      lines.push_back(name + "has the one value " + short_decimal(column.low) + ", which says nothing");
  }
  if (const Eigen::Index left_out = look.rows - static_cast<Eigen::Index>(look.kept.size()); left_out > 0)
    lines.push_back(rows_text(left_out) + " of " + std::to_string(look.rows) +
                    " left out of the fit, of the held-out rows and of the Gaussian (--all-rows keeps all)");
  if (continuous && 100 * look.copies >= look.rows)
    lines.push_back(rows_text(look.copies) +
                    " repeat another row exactly: a held-out row may be one that the fit has seen");
  return lines;
}

}  // namespace command
