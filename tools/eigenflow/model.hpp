#pragma once

#include <Eigen/Core>
#include <eigenflow/io/model_file.hpp>
#include <string>
#include <vector>

#include "flows.hpp"
#include "table/reader.hpp"
#include "whole.hpp"

namespace command {

/// A model file: its flow, its metadata, and its columns by name.
struct Model {
  std::string path;
  ef::ModelInfo info;
  Flow flow;
  std::vector<std::string> columns, context;  ///< "x1", "x2"... and "c1"... if the file has no names
  std::vector<Whole> whole;                   ///< one per feature
  std::vector<Eigen::Index> positions;  ///< in the table of the fit, from 1: the features, then the context
  bool named;                           ///< true if the file has names
  bool header;                          ///< true if the table of the fit had a header

  /// log p of each row; a row is the features, then the context. That of whole numbers is their log-probability, by so
  /// many points of each unit: see log_probability.
  Eigen::VectorXd log_prob(const Eigen::Ref<const table::Rows>& rows, Eigen::Index draws) const;
  /// n rows given one context (1 × C) or n of them, whole where columns are. A temperature other than 1 needs a base
  /// that has one.
  Eigen::MatrixXd sample(Eigen::Index n, const Eigen::Ref<const table::Rows>& given, ef::Rng& rng,
                         double temperature = 1) const;
};

/// Throws std::runtime_error, with the name of the file, if it is not a model file.
Model load_model(const std::string& path);

// What `fit` notes in a file: labels of columns, as table::Reader has them, and positions, as "1,3".
inline constexpr const char* columns_note = "columns";
inline constexpr const char* context_note = "context_columns";
inline constexpr const char* positions_note = "positions";
inline constexpr const char* context_positions_note = "context_positions";
inline constexpr const char* header_note = "header";  ///< "yes" or "no"

}  // namespace command
