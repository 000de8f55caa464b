#include "choice.hpp"

#include <stdexcept>

#include "numbers.hpp"

namespace command {

std::string text_of(const Choice& choice) {
  Plan plan{.folds = choice.folds, .work = choice.work};
  plan.parts.resize(choice.has_mixture ? 4 : 3);
  plan.parts[0].recipe = choice.gaussian;
  plan.parts[1] = choice.flow;
  plan.parts[2].recipe = choice.heat;
  if (choice.has_mixture) plan.parts[3].recipe = choice.mixture;
  return decimal(choice.of_heat) + ' ' + text_of(plan);
}

Choice choice_of(const std::string& text) {
  const std::size_t blank = text.find(' ');
  const std::optional<double> of_heat = table::number(text.substr(0, blank));
  if (blank == std::string::npos || !of_heat) throw std::runtime_error("it has no number first");
  const Plan plan = plan_of(text.substr(blank + 1));
  if (plan.parts.size() != 3 && plan.parts.size() != 4)
    throw std::runtime_error("it has no three or four parts");
  Choice choice{.folds = plan.folds, .work = plan.work, .of_heat = *of_heat};
  choice.gaussian = plan.parts[0].recipe;
  choice.flow = plan.parts[1];
  choice.heat = plan.parts[2].recipe;
  choice.has_mixture = plan.parts.size() == 4;
  if (choice.has_mixture) choice.mixture = plan.parts[3].recipe;
  return choice;
}

}  // namespace command
