#include "embed/header.hpp"

#include <algorithm>
#include <eigenflow/authoring/layout.hpp>
#include <eigenflow/version.hpp>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

#include "embed/constants.hpp"
#include "embed/parts.hpp"
#include "embed/scratch.hpp"
#include "embed/sources.hpp"

namespace command {
namespace {

// What somebody else wrote, in quotes on one line of a comment.
std::string quoted(const std::string& text) {
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return '"' + line + '"';
}

std::string comment(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += line.empty() ? "//\n" : "// " + line + '\n';
  return result;
}

std::string usage(const Model& model, const std::string& name) {
  const bool given = model.flow.context_dim() > 0;
  // A vector of one number takes no braces; one of many is a variable.
  const auto numbers = [&](Eigen::Index count, const std::string& type, const char* variable) {
    if (count == 1) return name + "_model::" + type + "(0)";
    std::string text = "{0";
    for (Eigen::Index j = 1; j < std::min<Eigen::Index>(count, 4); ++j) text += ", 0";
    return count > 4 ? variable : text + '}';
  };
  const std::string c = given ? numbers(model.flow.context_dim(), "Context", "c") : "";
  return "  " + model.info.scalar + " log_p = " + name + ".log_prob(" +
         numbers(model.flow.dim(), "Point", "x") + (given ? ", " + c : "") + ");\n  " + name +
         "_model::Rng rng(1);\n  " + name + "_model::Point x = " + name + ".sample(" +
         (given ? c + ", " : "") + "rng);\n";
}

std::string opening(const Model& model, const std::string& name) {
  const Eigen::Index parameters = model.flow.parameters().size();
  std::ostringstream text;
  text << name << ": a normalizing flow of " << model.flow.dim()
       << (model.flow.dim() == 1 ? " feature" : " features");
  if (model.flow.context_dim() > 0) text << " given " << model.flow.context_dim() << " of context";
  text << " with " << parameters << " parameters, as a header of its own.\n"
       << "From the model file " << quoted(std::filesystem::path(model.path).filename().string())
       << ", written by eigenflow " << eigenflow::version << ". It needs C++20 and Eigen 3.4 or newer:\n\n"
       << usage(model, name)
       << "\nIt takes nothing from the heap, throws nothing, and gives the bits of the flow in the file, "
          "compiled "
          "with the same flags.\n";
  if (!model.info.notes.empty()) text << "\nThe file says of itself:\n";
  for (const auto& [key, note] : model.info.notes)
    text << "  " << quoted(key) << ": " << quoted(note) << '\n';
  text << '\n' << license();
  return comment(text.str());
}

std::string theta_of(const Model& model) {
  const bool is_float = model.info.scalar == "float";
  const auto theta = model.flow.parameters();
  std::string text = "inline constexpr " + model.info.scalar + " theta[] = {";
  for (Eigen::Index i = 0; i < theta.size(); ++i)
    text += (i % 5 == 0 ? "\n    " : " ") + literal(theta[i], is_float) + ',';
  return text + (theta.size() == 0 ? "0};\n" : "\n};\n");
}

std::string description_of(const Model& model, const CppParts& parts) {
  const std::string& scalar = model.info.scalar;
  const Eigen::Index count = model.flow.parameters().size(),
                     base_count = ef::parameter_count(model.flow.base());
  const std::string parameters = std::to_string(count), of_base = std::to_string(base_count),
                    of_layers = std::to_string(count - base_count);
  const Scratch scratch = measure_scratch(model.flow);
  std::ostringstream text;
  text << parts.constants << "\nusing Layers = " << parts.layers.type << ";\nusing Base = " << parts.base.type
       << ";\n\ninline constexpr Parts<Layers, Base, " << scalar << "> parts{\n    Layers"
       << parts.layers.arguments << ",\n    Base" << parts.base.arguments << ",\n    {theta, " << of_layers
       << "},\n    {theta + " << of_layers << ", " << of_base << "},\n    " << parts.units.text()
       << "};\n\nstruct Description {\n  using Scalar = " << scalar
       << ";\n  static constexpr int dim = " << model.flow.dim()
       << ", context_dim = " << model.flow.context_dim()
       << ";\n  static constexpr std::size_t parameters = " << parameters
       << ";\n  static constexpr std::size_t scratch = " << scratch.evaluate
       << ", grad_scratch = " << scratch.with_grad << ", measured_lanes = " << scratch.lanes
       << ", measured_rows = " << scratch.panel_rows
       << ";\n  static inline const Parts<Layers, Base, Scalar>* const volatile where = &parts;\n};\n";
  return text.str();
}

}  // namespace

std::string header_of(const Model& model, const std::string& name) {
  const CppParts parts = parts_of(model);
  std::set<std::string> headers = parts.headers;
  headers.insert("eigenflow/embedded/model.hpp");
  Amalgamation library = amalgamate(headers);
  library.system.insert({"<array>", "<cstddef>", "<limits>"});

  std::string text =
      opening(model, name) + "\n#pragma once\n\n" + code_of("eigenflow/numerics/ieee_begin.hpp") + '\n';
  for (const std::string& header : library.system) text += "#include " + header + '\n';
  text += "\nnamespace " + name + "_model {\n\n// ---- what the flow needs of eigenflow\n" + library.text +
          "\n// ---- the flow\n\nnamespace eigenflow::embedded {\n\n" + theta_of(model) +
          description_of(model, parts) +
          "\n}  // namespace eigenflow::embedded\n\nusing Model = "
          "eigenflow::embedded::Model<eigenflow::embedded::"
          "Description>;\nusing Point = Model::Point;\nusing Context = Model::Context;\nusing Rng = "
          "Model::Rng;\n\n}  // namespace " +
          name + "_model\n\ninline constexpr " + name + "_model::Model " + name + "{};\n\n" +
          code_of("eigenflow/numerics/ieee_end.hpp");
  return text;
}

}  // namespace command
