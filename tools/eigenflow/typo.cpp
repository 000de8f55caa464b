#include "typo.hpp"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <vector>

#include "nearest.hpp"
#include "table/text.hpp"

namespace command {
namespace {

using Words = std::vector<std::string>;

Words subcommand_names(CLI::App& app) {
  Words names;
  for (const CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

// Without the dashes, as they say nothing about what is meant.
Words option_names(const CLI::App& app) {
  Words names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  return names;
}

std::string or_list(const Words& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return list;
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

// The message for an option that does not exist. `sub` is null if there is no subcommand.
std::string unknown_option(const CLI::App& app, const CLI::App* sub, const std::string& written) {
  const std::string word = written.substr(0, written.find('='));
  const std::string bare = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  const Words names = option_names(sub ? *sub : app);
  if (sub && std::find(names.begin(), names.end(), bare) != names.end() && word.starts_with("--"))
    return '"' + word + "\" stands before " + sub->get_name() + ": write the options behind the subcommand";
  const std::string near = nearest(bare, names);
  return (sub ? sub->get_name() + " has no option " : "there is no option ") + table::shown(word) +
         (near.empty() ? "" : ": do you mean --" + near + '?');
}

// Words of the command line that nothing takes, if there are any. The value of an unknown option is left over too, but
// the option is more informative.
std::string unknown_word(CLI::App& app, CLI::App* sub) {
  Words left = sub ? sub->remaining() : Words();
  for (const std::string& word : app.remaining()) left.push_back(word);
  const auto option = std::find_if(left.begin(), left.end(), is_option);
  if (option != left.end()) return unknown_option(app, sub, *option);
  if (left.empty()) return {};
  if (sub)
    return sub->get_name() + " has no use for " + table::shown(left.front()) +
           ": an option is missing, or it is one too many";
  const Words names = subcommand_names(app);
  const std::string near = nearest(left.front(), names);
  return "there is no subcommand " + table::shown(left.front()) +
         (near.empty() ? ", but " + or_list(names) : ": do you mean " + near + "?");
}

// The values of an option that takes one of a few words: "point|comma" is what its help calls them.
Words choices_of(const CLI::Option& option) {
  Words choices;
  const std::string name = option.get_type_name();
  std::istringstream type(name.substr(0, name.find(':')));  // without what its validators say
  for (std::string word; std::getline(type, word, '|');) choices.push_back(word);
  return choices.size() > 1 ? choices : Words();
}

// A value that is none of the words that its option takes, if that is the error. The values of other options may be
// translated to numbers already.
std::string unknown_choice(const CLI::App& app, const CLI::ParseError& error) {
  for (const CLI::Option* option : app.get_options()) {
    const Words choices = choices_of(*option);
    if (choices.empty() || !std::string(error.what()).starts_with(option->get_name() + ": ")) continue;
    for (const std::string& value : option->results()) {
      if (std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
      const std::string near = nearest(value, choices);
      return option->get_name() + " expects " + or_list(choices) + ", but got " + table::shown(value) +
             (near.empty() ? "" : ": do you mean " + near + '?');
    }
  }
  return {};
}

}  // namespace

std::string usage_message(CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  CLI::App* const sub = parsed.empty() ? nullptr : parsed.front();
  std::string message = unknown_word(app, sub);
  if (message.empty() && sub) message = unknown_choice(*sub, error);
  if (message.empty()) message = error.what();
  return message + "\n'eigenflow " + (sub ? sub->get_name() + ' ' : "") + "--help' says how it is used";
}

}  // namespace command
