#pragma once

#include <Eigen/Core>
#include <vector>

#include "geometry.hpp"

// Grids of numbers over a panel: row 0 is the TOP row (highest
// y), column 0 the left one, values sit at cell centres.

namespace picture {

/// The centres of the cells as points, N × 2, row by row from the top.
Eigen::MatrixX2d cell_centres(Range x, Range y, Eigen::Index rows, Eigen::Index columns);

/// The share of samples (N × 2) in each cell divided by the cell's area: a density. Samples outside of the
/// ranges count in N but in no cell.
Eigen::MatrixXd histogram(const Eigen::MatrixX2d& samples, Range x, Range y, Eigen::Index rows,
                          Eigen::Index columns);

/// Gaussian blur of standard deviation `sigma` in cells, cut at 3 sigma. Mass that leaves the grid is lost.
Eigen::MatrixXd blur(const Eigen::MatrixXd& values, double sigma);

/// The level whose super-level set {value >= level} holds the fraction `mass` of the sum over the grid: the
/// outline of the smallest region with that probability. Negative and non-finite values are left out; 0 for
/// an empty grid.
double level_enclosing(const Eigen::MatrixXd& values, double mass);

/// The line value = level by marching squares, as segments in (column, row) cell-centre coordinates, (0, 0)
/// being the centre of the top left cell. Saddles go by the mean of their corners; squares with a non-finite
/// corner are skipped.
std::vector<Segment> contour_lines(const Eigen::MatrixXd& values, double level);

}  // namespace picture
