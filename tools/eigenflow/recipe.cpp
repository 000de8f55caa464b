#include "recipe.hpp"

#include <cstddef>
#include <map>
#include <sstream>
#include <stdexcept>

#include "numbers.hpp"

namespace command {
namespace {

const std::map<std::string, Kind> kinds{{"coupling", Kind::coupling},
                                        {"autoregressive", Kind::autoregressive}};
const std::map<std::string, Map> maps{{"spline", Map::spline}, {"affine", Map::affine}};
const std::map<std::string, Base> bases{{"tails", Base::by_tails},
                                        {"normal", Base::normal},
                                        {"student", Base::student},
                                        {"mixture", Base::mixture}};

const std::map<std::string, bool> unit_names{{"white", true}, {"standard", false}};

template <class Value>
std::string name_of(const std::map<std::string, Value>& names, Value value) {
  for (const auto& [name, each] : names)
    if (each == value) return name;
  return {};
}

std::string widths_of(const std::vector<Eigen::Index>& hidden, const char* between) {
  std::string text;
  for (const Eigen::Index width : hidden) text += (text.empty() ? "" : between) + std::to_string(width);
  return text;
}

std::string text_of(const Part& part) {
  const Architecture& a = part.recipe.architecture;
  const Training& t = part.recipe.training;
  std::string text = "weight=" + decimal(part.weight);
  const auto add = [&](const char* key, const std::string& value) {
    text += std::string(" ") + key + '=' + value;
  };
  if (part.members > 0) add("members", std::to_string(part.members));
  if (part.stop > 0) add("stop", std::to_string(part.stop));
  if (!part.recipe.white) add("units", "standard");
  add("layers", std::to_string(a.layers));
  add("base", name_of(bases, a.base));
  if (a.base == Base::mixture) add("components", std::to_string(a.components));
  if (a.layers > 0) {
    add("type", name_of(kinds, a.kind));
    add("transformer", name_of(maps, a.map));
    add("hidden", a.hidden.empty() ? "none" : widths_of(a.hidden, ","));
    if (a.map == Map::spline) add("bins", std::to_string(a.bins));
    if (a.dropout > 0) add("dropout", decimal(a.dropout));
  }
  if (t.epochs) add("epochs", std::to_string(*t.epochs));
  if (t.steps) add("steps", std::to_string(*t.steps));
  if (t.batch_size) add("batch", std::to_string(*t.batch_size));
  if (t.noise) add("noise", decimal(*t.noise));
  if (t.weight_decay) add("weight-decay", decimal(*t.weight_decay));
  if (part.recipe.is_trained()) add("learning-rate", decimal(t.learning_rate));
  if (t.patience > 0) add("patience", std::to_string(t.patience));
  return text;
}

// The words "key=value" of one part.
class Words {
 public:
  explicit Words(const std::string& text) {
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) throw std::runtime_error("\"" + word + "\" is not a setting of a fit");
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }

  bool empty() const { return values_.empty(); }
  bool has(const std::string& key) const { return values_.count(key) > 0; }
  const std::string& text(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) throw std::runtime_error("a setting of the fit is missing: " + key);
    return found->second;
  }
  Eigen::Index whole(const std::string& key, Eigen::Index otherwise) const {
    return has(key) ? static_cast<Eigen::Index>(whole_of(text(key), 0, 1'000'000'000, key)) : otherwise;
  }
  double number(const std::string& key, double otherwise) const {
    return has(key) ? number_of(text(key), {.low = 0}, key) : otherwise;
  }
  template <class Value>
  Value choice(const std::string& key, const std::map<std::string, Value>& names, Value otherwise) const {
    if (!has(key)) return otherwise;
    const auto found = names.find(text(key));
    if (found == names.end()) throw std::runtime_error("\"" + text(key) + "\" is no " + key);
    return found->second;
  }

 private:
  std::map<std::string, std::string> values_;
};

Part part_of(const Words& words) {
  Part part;
  part.weight = words.number("weight", 1);
  part.members = words.whole("members", 0);
  part.stop = words.whole("stop", 0);
  Architecture& a = part.recipe.architecture;
  part.recipe.white = words.choice("units", unit_names, true);
  a.layers = words.whole("layers", a.layers);
  a.base = words.choice("base", bases, a.base);
  a.components = words.whole("components", a.components);
  a.kind = words.choice("type", kinds, a.kind);
  a.map = words.choice("transformer", maps, a.map);
  if (words.has("hidden"))
    a.hidden = words.text("hidden") == "none" ? std::vector<Eigen::Index>()
                                              : sizes_of(words.text("hidden"), "hidden");
  a.bins = words.whole("bins", a.bins);
  a.dropout = words.number("dropout", a.dropout);
  Training& t = part.recipe.training;
  if (words.has("epochs")) t.epochs = words.whole("epochs", 0);
  if (words.has("steps")) t.steps = words.whole("steps", 0);
  if (words.has("batch")) t.batch_size = words.whole("batch", 0);
  if (words.has("noise")) t.noise = words.number("noise", 0);
  if (words.has("weight-decay")) t.weight_decay = words.number("weight-decay", 0);
  t.learning_rate = words.number("learning-rate", t.learning_rate);
  t.patience = words.whole("patience", 0);
  return part;
}

}  // namespace

std::string text_of(const Plan& plan) {
  std::string text = "folds=" + std::to_string(plan.folds) + " work=" + decimal(plan.work);
  for (const Part& part : plan.parts) text += "; " + text_of(part);
  return text;
}

Plan plan_of(const std::string& text) {
  Plan plan;
  std::istringstream pieces(text);
  std::string piece;
  for (bool first = true; std::getline(pieces, piece, ';'); first = false) {
    const Words words(piece);
    if (first) {
      plan.folds = words.whole("folds", 0);
      plan.work = words.number("work", plan.work);
    } else {
      plan.parts.push_back(part_of(words));
    }
  }
  if (plan.parts.empty()) throw std::runtime_error("it names no density");
  return plan;
}

std::string words_of(const Recipe& recipe) {
  const Architecture& a = recipe.architecture;
  const std::string gaussians = std::to_string(a.components) + " Gaussians";
  if (a.layers == 0 && a.base == Base::mixture) return gaussians + (recipe.white ? "" : ", standard units");
  if (a.layers == 0) return a.base == Base::student ? "Student's t" : "a Gaussian";
  if (a.layers == 1 && a.hidden.empty() && a.map == Map::affine && a.base == Base::normal)
    return "a linear Gaussian";
  return std::to_string(a.layers) + ' ' + name_of(kinds, a.kind) + ' ' + name_of(maps, a.map) +
         (a.layers == 1 ? " layer" : " layers") +
         (a.hidden.empty() ? "" : " of " + widths_of(a.hidden, " × ")) +
         (a.base == Base::mixture   ? " on " + gaussians
          : a.base == Base::student ? " on Student's t"
                                    : "") +
         (recipe.white ? "" : ", standard units");
}

}  // namespace command
