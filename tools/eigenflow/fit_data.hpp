#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/layers/feature_support.hpp>
#include <map>
#include <string>
#include <vector>

#include "data.hpp"
#include "look.hpp"
#include "whole.hpp"

namespace command {

/// Columns of a table that are no features, as options name them.
struct Aside {
  std::string weights;  ///< one column
  std::string exclude;  ///< as "a,b": neither features nor context
};

/// The features of a table, its context and its weights, by label.
struct Columns {
  std::vector<std::string> features, context;
  std::string weights;                  ///< empty: none
  Eigen::Index weights_position = 0;    ///< from 1
  std::vector<Eigen::Index> positions;  ///< in the table, from 1: the features, then the context
  bool header = false;                  ///< whether the table names its columns
  std::string left_out;                 ///< the index of the rows, in words; empty where there is none

  /// What a model file keeps of them.
  std::map<std::string, std::string> notes() const;
};

/// The rows of a fit: N × D, and N × C of context. Weights: N, or none.
struct Sample {
  Eigen::MatrixXd x, c;
  Eigen::VectorXd w = {};
};

/// The features are those of --columns, else all but those of --context, --weights and --exclude and an index of the
/// rows. Throws std::runtime_error for names that no model file can keep.
Columns choose(const table::Reader& reader, const DataOptions& data, const Aside& aside);

Sample read(table::Reader& reader, const Columns& columns);

/// The rows whose weight is above 0. Throws std::runtime_error for a weight below 0, and if all are 0.
std::vector<Eigen::Index> weighted_rows(const Sample& sample, const Columns& columns,
                                        const std::string& source);

/// Takes a share of the rows away, drawn at random.
Sample hold_out(Sample& sample, double share, std::uint64_t seed);

/// Which features are whole numbers, and their units: those named by --integer; unless --continuous names them, those
/// that the look at the kept rows of `sample` found to be, with more than a few different values. Throws
/// std::runtime_error for a column named by --integer that has another number.
std::vector<Whole> whole_columns(const std::string& integer, const std::string& continuous, const Look& look,
                                 const Columns& columns,
                                 const std::vector<eigenflow::FeatureSupport>& supports,
                                 const std::string& source);

/// Features and context side by side, N × (D + C).
Eigen::MatrixXd joined(const Sample& sample);

/// The rows of a list.
Sample take(const Sample& sample, const std::vector<Eigen::Index>& rows);

/// The edges that --positive (NAMES) and --interval (NAME:LOW:HIGH), and the circles that --periodic (NAME:LOW:HIGH)
/// give to the features; none without.
std::vector<eigenflow::FeatureSupport> supports_of(const std::vector<std::string>& positive,
                                                   const std::vector<std::string>& interval,
                                                   const std::vector<std::string>& periodic,
                                                   const Columns& columns);

/// Refuses a column that has values on or beyond an edge, in the words of the table.
void check_edges(const std::vector<eigenflow::FeatureSupport>& supports, const Sample& sample,
                 const std::vector<std::string>& names, const std::string& source);

}  // namespace command
