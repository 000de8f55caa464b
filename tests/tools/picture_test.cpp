#include "picture/picture.hpp"

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "picture/ticks.hpp"
#include "support/catch.hpp"

namespace {

namespace fs = std::filesystem;
using picture::Rgb;

// A fresh folder, gone at the end.
class ScratchFolder {
 public:
  ScratchFolder() : path_(fs::temp_directory_path() / ("picture-" + std::to_string(std::random_device{}()))) {
    fs::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned big_endian(const std::string& bytes, std::size_t at) {
  unsigned value = 0;
  for (std::size_t k = 0; k < 4; ++k) value = value << 8 | static_cast<unsigned char>(bytes.at(at + k));
  return value;
}

double unlikeness(Rgb a, Rgb b) {
  return std::max({std::abs(a.r - b.r), std::abs(a.g - b.g), std::abs(a.b - b.b)});
}

Eigen::VectorXd gaussian(const Eigen::MatrixX2d& x, double mean_x, double mean_y, double sigma) {
  const Eigen::RowVector2d mean(mean_x, mean_y);
  return (-(x.rowwise() - mean).rowwise().squaredNorm().array() / (2 * sigma * sigma)).exp() /
         (2 * std::numbers::pi * sigma * sigma);
}

}  // namespace

TEST_CASE("a PNG has the signature, the size, and nothing left beside it", "[picture]") {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path() / "made" / "on the way";
  const fs::path path = folder / "canvas.png";
  picture::Canvas canvas(30, 20, picture::hex(0x336699), 3);
  canvas.write_png(path);
  canvas.write_png(path);  // over an existing picture
  const std::string png = bytes_of(path);
  REQUIRE(png.size() > 33);
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  CHECK(png.substr(12, 4) == "IHDR");
  CHECK(big_endian(png, 16) == 90);
  CHECK(big_endian(png, 20) == 60);
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 1);
}

TEST_CASE("a picture that cannot be written says where and leaves nothing", "[picture]") {
  const ScratchFolder scratch;
  const fs::path taken = scratch.path() / "taken.png";
  fs::create_directories(taken / "full");  // rename cannot replace a folder that is not empty
  const picture::Canvas canvas(4, 4);
  CHECK_THROWS_AS(canvas.write_png(taken), std::runtime_error);
  CHECK_THROWS_WITH(canvas.write_png(taken), Catch::Matchers::ContainsSubstring("taken.png"));
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 1);
}

TEST_CASE("the colour maps are the published ones and monotone in luminance", "[picture]") {
  // Entries 63, 128 and 202 of matplotlib's tables: none of them is an anchor.
  struct Published {
    picture::ColourMap map;
    int entry;
    Rgb colour;
  };
  const std::vector<Published> published = {
      {picture::magma(), 63, {0.310382F, 0.069702F, 0.483186F}},
      {picture::magma(), 128, {0.716387F, 0.214982F, 0.475290F}},
      {picture::magma(), 202, {0.993834F, 0.609644F, 0.418613F}},
      {picture::inferno(), 63, {0.335217F, 0.060060F, 0.428524F}},
      {picture::inferno(), 128, {0.735683F, 0.215906F, 0.330245F}},
      {picture::inferno(), 202, {0.986964F, 0.630485F, 0.030908F}},
      {picture::viridis(), 63, {0.231674F, 0.318106F, 0.544834F}},
      {picture::viridis(), 128, {0.127568F, 0.566949F, 0.550556F}},
      {picture::viridis(), 202, {0.458674F, 0.816363F, 0.329727F}},
  };
  for (const Published& p : published) {
    CAPTURE(p.entry);
    CHECK(unlikeness(p.map(p.entry / 255.0), p.colour) < 0.005);
  }
  for (const picture::ColourMap& map :
       {picture::magma(), picture::inferno(), picture::viridis(), picture::blues()}) {
    const bool rising = luminance(map(1)) > luminance(map(0));
    for (int k = 1; k <= 1000; ++k) {
      CAPTURE(k);
      const double step = luminance(map(k / 1000.0)) - luminance(map((k - 1) / 1000.0));
      CHECK((rising ? step : -step) > 0);
    }
    CHECK(unlikeness(map(-1), map(0)) == 0);
    CHECK(unlikeness(map(7), map(1)) == 0);
  }
}

TEST_CASE("the colours of angles close up and keep one lightness", "[picture]") {
  constexpr double pi = std::numbers::pi;
  CHECK(unlikeness(picture::angle_colour(-pi), picture::angle_colour(pi)) < 1e-6);
  CHECK(unlikeness(picture::angle_colour(0), picture::angle_colour(pi)) > 0.3);
  for (int k = 0; k < 24; ++k)
    CHECK(luminance(picture::angle_colour(k * pi / 12)) == Approx(0.46).margin(0.06));
}

TEST_CASE("a heat map is brightest where the density peaks", "[picture]") {
  picture::Canvas canvas(200, 120);
  picture::Panel panel(canvas, {20, 10, 160, 100}, {.x = {-2, 2}, .y = {-2, 2}}, picture::dark_panels());
  panel.heatmap([](const Eigen::MatrixX2d& x) { return gaussian(x, 1.5, -1.0, 0.2); });
  const picture::Point peak = panel.place(1.5, -1.0);
  const Rgb top = canvas.pixel(static_cast<int>(peak.x * 2), static_cast<int>(peak.y * 2));
  CHECK(unlikeness(top, picture::magma()(1)) < 0.02);
  for (const auto& [x, y] : {std::pair{-1.5, -1.0}, {1.5, 1.0}, {-1.5, 1.0}}) {  // mirrored or swapped
    const picture::Point at = panel.place(x, y);
    const Rgb far = canvas.pixel(static_cast<int>(at.x * 2), static_cast<int>(at.y * 2));
    CHECK(unlikeness(far, picture::magma()(0)) < 0.02);
  }
}

TEST_CASE("clipping follows the documented rule and NaN shows", "[picture]") {
  picture::Canvas canvas(20, 10, picture::hex(0xffffff), 1);
  picture::Panel panel(canvas, {0, 0, 20, 10}, {.equal_aspect = false}, picture::dark_panels());
  Eigen::MatrixXd values(1, 4);
  values << 1, 0.25, 1e9, std::numeric_limits<double>::quiet_NaN();
  CHECK(panel.heatmap(values, {.brightest = 1, .gamma = 0.5}) == 1);
  CHECK(unlikeness(canvas.pixel(2, 5), picture::magma()(1)) < 1e-6);
  CHECK(unlikeness(canvas.pixel(7, 5), picture::magma()(0.5)) < 1e-6);
  CHECK(unlikeness(canvas.pixel(12, 5), picture::magma()(1)) < 1e-6);
  CHECK(unlikeness(canvas.pixel(17, 5), picture::hex(0x808080)) < 1e-6);
}

TEST_CASE("equal aspect: one unit measures the same along both axes", "[picture]") {
  picture::Canvas canvas(300, 100);
  const picture::Panel panel(canvas, {10, 10, 250, 80}, {.x = {0, 1}, .y = {-1, 3}}, picture::dark_panels());
  const picture::Point origin = panel.place(0, 0);
  CHECK(panel.place(1, 0).x - origin.x == Approx(origin.y - panel.place(0, 1).y));
  CHECK(panel.place(0, -1).y == Approx(90));  // y had the wider range: kept
  CHECK(panel.place(0, 3).y == Approx(10));
  CHECK(panel.place(0.5, 0).x == Approx(135));  // x was widened about its middle
}

TEST_CASE("a histogram is a density and blurring keeps its mass", "[picture]") {
  std::mt19937_64 engine(20);
  std::normal_distribution<double> normal(0, 0.3);
  Eigen::MatrixX2d samples(5000, 2);
  for (double& v : samples.reshaped()) v = normal(engine);
  samples.row(0) << 50, 0;  // outside: counted in N, in no cell
  samples.row(1) << std::numeric_limits<double>::quiet_NaN(), 0;
  const Eigen::MatrixXd density = picture::histogram(samples, {-3, 3}, {-2, 2}, 40, 90);
  const double cell = 6.0 / 90 * 4.0 / 40;
  CHECK(density.sum() * cell == Approx(4998.0 / 5000));
  CHECK(picture::blur(density, 2.0).sum() * cell == Approx(4998.0 / 5000));
  CHECK(picture::blur(density, 2.0).maxCoeff() < density.maxCoeff());
}

TEST_CASE("the level that encloses a mass: a Gaussian's is its peak times one minus the mass", "[picture]") {
  const Eigen::MatrixX2d points = picture::cell_centres({-6, 6}, {-6, 6}, 400, 400);
  const Eigen::MatrixXd grid = gaussian(points, 0, 0, 1).reshaped(400, 400);
  const double peak = 1 / (2 * std::numbers::pi);
  for (const double mass : {0.02, 0.5, 0.9}) {
    CHECK(picture::level_enclosing(grid, mass) == Approx(peak * (1 - mass)).epsilon(0.005));
  }
}

TEST_CASE("contour lines run along the level, and once around a circle", "[picture]") {
  const Eigen::MatrixX2d points = picture::cell_centres({-2, 2}, {-2, 2}, 200, 200);
  const Eigen::MatrixXd radius = points.rowwise().norm().reshaped(200, 200);
  double length = 0;
  for (const picture::Segment& s : picture::contour_lines(radius, 1.5)) {
    for (const picture::Point p : {s.from, s.to}) {
      CHECK(std::hypot((p.x + 0.5) * 0.02 - 2, (p.y + 0.5) * 0.02 - 2) == Approx(1.5).epsilon(1e-4));
    }
    length += 0.02 * std::hypot(s.to.x - s.from.x, s.to.y - s.from.y);
  }
  CHECK(length == Approx(2 * std::numbers::pi * 1.5).epsilon(1e-3));
}

TEST_CASE("a saddle is cut on the side of its mean", "[picture]") {
  Eigen::MatrixXd saddle(2, 2);
  saddle << 1, 0, 0, 1;
  // At 0.4 the middle belongs to the high corners, so that
  // the low ones are cut off; at 0.6 the other way round.
  const auto corner_cut_by = [](const picture::Segment& s) {
    return std::pair(s.from.x + s.to.x > 1, s.from.y + s.to.y > 1);
  };
  for (const picture::Segment& s : picture::contour_lines(saddle, 0.4)) {
    CHECK(corner_cut_by(s).first != corner_cut_by(s).second);
  }
  for (const picture::Segment& s : picture::contour_lines(saddle, 0.6)) {
    CHECK(corner_cut_by(s).first == corner_cut_by(s).second);
  }
  CHECK(picture::contour_lines(saddle, 0.4).size() == 2);
}

TEST_CASE("ticks are round numbers", "[picture]") {
  const auto labels = [](picture::Range range, int at_most) {
    std::string joined;
    for (const picture::Tick& tick : picture::nice_ticks(range, at_most)) joined += tick.label + " ";
    return joined;
  };
  CHECK(labels({-4, 4}, 6) == "\u22124 \u22122 0 2 4 ");
  CHECK(labels({1.5, 5.2}, 5) == "2 3 4 5 ");
  CHECK(labels({0, 0.3}, 4) == "0.0 0.1 0.2 0.3 ");
  CHECK(labels({40, 100}, 4) == "40 60 80 100 ");
  CHECK(labels({2, 2}, 4).empty());
  CHECK(labels({0, 3e300}, 4) == "0 1e+300 2e+300 3e+300 ");
  CHECK(labels({1700000000, 1700001000}, 3) == "1700000000 1700000500 1700001000 ");
}

TEST_CASE("labels of an axis do not touch, and reach no further than they may", "[picture]") {
  for (const picture::Range range :
       {picture::Range{98000, 104000}, {0, 5e-4}, {-1, 1}, {19.6, 30.2}, {1e9, 1e9 + 7}})
    for (const double length : {60.0, 84.0, 190.0, 420.0})
      for (const double overhang : {3.0, 1e9}) {
        const picture::Axis axis{picture::Along::x, range, length, overhang};
        double end = -1e300;
        const std::vector<picture::Tick> ticks = picture::ticks_along(axis, 6);
        CHECK((!ticks.empty() && !ticks.front().label.empty()));
        for (const picture::Tick& tick : ticks) {
          if (tick.label.empty()) continue;
          const double at = axis.label_position(tick);
          const double half = picture::text_width(tick.label, picture::number_size) / 2;
          CHECK(at - half > end + 5);
          CHECK(at - half >= -overhang - 1e-9);
          CHECK(at + half <= length + overhang + 1e-9);
          CHECK(std::abs(at - (tick.value - range.low) / range.length() * length) <= half);
          end = at + half;
        }
      }
}

TEST_CASE("a text that is too long loses its middle", "[picture]") {
  CHECK(picture::shortened("short", 10, 200) == "short");
  const double room = picture::text_width("temperature", 10);
  if (room == 0) return;  // there is no font
  const std::string cut = picture::shortened("temperature of the water", 10, room);
  CHECK(cut.find("\u2026") != std::string::npos);
  CHECK((cut.starts_with("tem") && cut.ends_with("er")));
  CHECK(picture::text_width(cut, 10) <= room);
  CHECK(picture::shortened("\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc", 10,
                           picture::text_width("\u00e4\u00f6\u2026\u00fc", 10)) ==
        "\u00e4\u00f6\u2026\u00fc");
}

TEST_CASE("ticks end, few and in order, for every range that numbers can make", "[picture]") {
  constexpr double eps = std::numeric_limits<double>::epsilon(),
                   tiny = std::numeric_limits<double>::denorm_min(),
                   most = std::numeric_limits<double>::max();
  for (const picture::Range range : {picture::Range{1 - eps / 2, 1},
                                     {1, 1 + eps},
                                     {1e17, 1e17 + 16},
                                     {-1e300, -1e300 * (1 - eps)},
                                     {0, tiny},
                                     {tiny, 7 * tiny},
                                     {-1e-310, 1e-310},
                                     {0, most},
                                     {most / 2, most},
                                     {-most, most},
                                     {9007199254740991.0, 9007199254740999.0},
                                     {1e22, 1e22 * (1 + 8 * eps)},
                                     {-1e5, -1e5 + 1e-9}}) {
    for (const int at_most : {2, 3, 6}) {
      const std::vector<picture::Tick> ticks = picture::nice_ticks(range, at_most);
      CHECK(static_cast<int>(ticks.size()) <= at_most);
      for (std::size_t i = 1; i < ticks.size(); ++i) CHECK(ticks[i - 1].value < ticks[i].value);
      for (const picture::Tick& tick : ticks) CHECK(tick.label.size() < 30);
    }
  }
}

TEST_CASE("strokes and dots cover what they should and stay in the panel", "[picture]") {
  picture::Canvas canvas(40, 40, picture::hex(0x000000), 1);
  const std::array<picture::Segment, 2> cross = {picture::Segment{{0, 20}, {40, 20}}, {{20, 0}, {20, 40}}};
  canvas.strokes(cross, {.colour = picture::hex(0xffffff), .width = 4, .alpha = 0.5});
  CHECK(canvas.pixel(5, 20).g == Approx(0.5));
  CHECK(canvas.pixel(20, 20).g == Approx(0.5));  // not twice where they cross
  CHECK(canvas.pixel(5, 5).g == 0);

  picture::Canvas page(40, 40, picture::hex(0xffffff), 1);
  picture::Panel panel(page, {10, 10, 20, 20}, {.x = {0, 1}, .y = {0, 1}}, picture::dark_panels());
  Eigen::MatrixX2d corner(1, 2);
  corner << 0, 1;
  panel.scatter(corner, {.radius = 5, .alpha = 1, .colour = picture::hex(0xff0000)});
  CHECK(unlikeness(page.pixel(11, 11), picture::hex(0xff0000)) < 1e-6);
  CHECK(unlikeness(page.pixel(8, 8), picture::hex(0xffffff)) < 1e-6);
}

TEST_CASE("a gallery lays panels out side by side and refuses what does not fit", "[picture]") {
  picture::Gallery gallery({.title = "title",
                            .rows = {"a", "b"},
                            .columns = {"1", "2", "3"},
                            .groups = {{"left", 1}, {"right", 2}},
                            .panel_width = 50,
                            .panel_height = 40,
                            .gap = 5,
                            .group_gap = 15});
  const picture::Rect first = gallery.panel(0, 0).frame();
  CHECK(gallery.panel(0, 1).frame().x - first.right() == Approx(15));
  CHECK(gallery.panel(0, 2).frame().x - gallery.panel(0, 1).frame().right() == Approx(5));
  CHECK(gallery.panel(1, 0).frame().y - first.bottom() == Approx(5));
  const picture::Rect last = gallery.panel(1, 2).frame();
  CHECK(last.right() < gallery.canvas().device_width() / 2.0);
  CHECK(last.bottom() < gallery.canvas().device_height() / 2.0);

  CHECK_THROWS_AS(gallery.panel(2, 0), std::out_of_range);
  CHECK_THROWS_AS(gallery.panel(0, 0, {.x = {1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(picture::Gallery({.columns = {}}), std::invalid_argument);
  CHECK_THROWS_AS(picture::Gallery({.columns = {"1", "2"}, .groups = {{"all", 3}}}), std::invalid_argument);
  CHECK_THROWS_AS(picture::Canvas(0, 5), std::invalid_argument);
  picture::Panel panel = gallery.panel(0, 0);
  CHECK_THROWS_AS(panel.heatmap([](const Eigen::MatrixX2d&) { return Eigen::VectorXd::Ones(3).eval(); }),
                  std::invalid_argument);
  CHECK_THROWS_AS(panel.line(Eigen::VectorXd::Ones(2), Eigen::VectorXd::Ones(3)), std::invalid_argument);
  CHECK_THROWS_AS(panel.scatter(Eigen::MatrixX2d::Zero(2, 2), std::vector<Rgb>(1)), std::invalid_argument);
}

TEST_CASE("text is drawn at its anchor when there is a font, and malformed bytes do no harm", "[picture]") {
  const picture::TextMask mask = picture::draw_text("Hello \xce\xb8 \xff\xe2\x82", 20);
  if (mask.coverage.empty()) {
    WARN("no font found: labels are left out");
    return;
  }
  CHECK(mask.cap_height == Approx(14.5).margin(1.5));
  const auto ink = [](const picture::Canvas& canvas, int left, int right, int top, int bottom) {
    double sum = 0;
    for (int row = top; row < bottom; ++row) {
      for (int column = left; column < right; ++column)
        sum += 1 - static_cast<double>(canvas.pixel(column, row).g);
    }
    return sum;
  };
  picture::Canvas level(100, 100, picture::hex(0xffffff), 1);
  level.text("HHHH", {50, 50}, {.size = 16, .align = picture::Align::right});
  CHECK(ink(level, 0, 50, 35, 50) > 50);
  CHECK(ink(level, 0, 100, 0, 100) == Approx(ink(level, 0, 51, 35, 51)));
  picture::Canvas upright(100, 100, picture::hex(0xffffff), 1);
  upright.text("HHHH", {50, 50},
               {.size = 16, .align = picture::Align::right, .turn = picture::Turn::quarter_left});
  CHECK(ink(upright, 0, 100, 0, 100) == Approx(ink(level, 0, 100, 0, 100)));
  CHECK(ink(upright, 35, 51, 49, 100) == Approx(ink(upright, 0, 100, 0, 100)));
}
