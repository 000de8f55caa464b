#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/images/image.hpp>
#include <eigenflow/numerics/rng.hpp>

namespace helpers {

/// The channels of one pixel of every row, N × C.
inline Eigen::MatrixXf at_pixel(const eigenflow::Image& image, const Eigen::MatrixXf& x, Eigen::Index pixel) {
  Eigen::MatrixXf result(x.rows(), image.channels);
  for (Eigen::Index c = 0; c < image.channels; ++c) result.col(c) = x.col(c * image.pixels() + pixel);
  return result;
}

/// Mahalanobis' distance from the mean of the pixel over the training pictures.
inline Eigen::MatrixXf by_gaussian(const eigenflow::Image& image, const Eigen::MatrixXf& train,
                                   const Eigen::MatrixXf& test) {
  Eigen::MatrixXf scores(test.rows(), image.pixels());
  for (Eigen::Index pixel = 0; pixel < image.pixels(); ++pixel) {
    const Eigen::MatrixXf x = at_pixel(image, train, pixel);
    const Eigen::RowVectorXf mean = x.colwise().mean();
    const Eigen::MatrixXf centred = x.rowwise() - mean;
    Eigen::MatrixXf covariance = centred.transpose() * centred / static_cast<float>(x.rows() - 1);
    covariance.diagonal().array() += 0.01F;
    const Eigen::LLT<Eigen::MatrixXf> cholesky(covariance);
    scores.col(pixel) = cholesky.matrixL()
                            .solve((at_pixel(image, test, pixel).rowwise() - mean).transpose())
                            .colwise()
                            .squaredNorm();
  }
  return scores;
}

/// The distance to the nearest of 4,000 pixels of the training pictures, in units of each channel's deviation.
inline Eigen::MatrixXf by_neighbours(const eigenflow::Image& image, const Eigen::MatrixXf& train,
                                     const Eigen::MatrixXf& test, eigenflow::Rng& rng) {
  Eigen::MatrixXf memory(4'000, image.channels);
  for (Eigen::Index i = 0; i < memory.rows(); ++i)
    memory.row(i) = at_pixel(
        image, train.row(static_cast<Eigen::Index>(rng.below(static_cast<std::uint64_t>(train.rows())))),
        static_cast<Eigen::Index>(rng.below(static_cast<std::uint64_t>(image.pixels()))));
  const Eigen::RowVectorXf mean = memory.colwise().mean();
  const Eigen::RowVectorXf unit =
      ((memory.rowwise() - mean).colwise().squaredNorm() / static_cast<float>(memory.rows())).cwiseSqrt();
  const auto scaled = [&](const Eigen::MatrixXf& x) {
    return Eigen::MatrixXf(((x.rowwise() - mean).array().rowwise() / unit.array()).matrix());
  };
  memory = scaled(memory);
  const Eigen::VectorXf lengths = memory.rowwise().squaredNorm();
  Eigen::MatrixXf scores(test.rows(), image.pixels());
  for (Eigen::Index pixel = 0; pixel < image.pixels(); ++pixel) {
    const Eigen::MatrixXf x = scaled(at_pixel(image, test, pixel));
    const Eigen::MatrixXf distance =
        ((-2 * x * memory.transpose()).rowwise() + lengths.transpose()).colwise() + x.rowwise().squaredNorm();
    scores.col(pixel) = distance.rowwise().minCoeff();
  }
  return scores;
}

}  // namespace helpers
