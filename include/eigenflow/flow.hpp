#pragma once

#include <Eigen/Core>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/context.hpp"
#include "eigenflow/authoring/overlap.hpp"
#include "eigenflow/authoring/point.hpp"
#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/flow/parameters.hpp"
#include "eigenflow/flow/passes.hpp"

namespace eigenflow {

/// z and log|det ∂z/∂x| of a batch x.
template <class Matrix, class Vector>
struct Forward {
  Matrix z;        ///< N × D
  Vector log_det;  ///< N, nats
};
/// x and log|det ∂x/∂z| of a batch z.
template <class Matrix, class Vector>
struct Generated {
  Matrix x;        ///< N × D
  Vector log_det;  ///< N, nats
};
/// log p(x) and its gradient in x.
template <class Matrix, class Vector>
struct LogProbAndGrad {
  Vector log_prob;  ///< N, nats
  Matrix grad;      ///< N × D: ∇ₓ log p(x)
};
/// log p(x | c) and its gradients in x and in c.
template <class Matrix, class Vector, class ContextMatrix>
struct LogProbAndGrads {
  Vector log_prob;             ///< N, nats
  Matrix grad;                 ///< N × D: ∇ₓ log p(x | c)
  ContextMatrix grad_context;  ///< N × C: ∇_c log p(x | c), of each row in its own context
};
/// Samples and the exact log-density of each.
template <class Matrix, class Vector>
struct SampleAndLogProb {
  Matrix x;         ///< N × D
  Vector log_prob;  ///< N, nats
};

namespace detail {

/// Arguments that cannot draw random numbers: anything but an Rng, and a const or temporary Rng.
template <class Other>
concept NoGenerator = std::same_as<Other, Rng> || !std::convertible_to<Other&, Rng&>;

}  // namespace detail

/// A normalizing flow: layers from data to latent space, and the density of the latent space,
///
///   log p(x) = log p_Z(f(x)) + log|det ∂f/∂x|,   f = layer_K ∘ ... ∘ layer_1,
///
/// exact for every theta whose numbers are at most 10⁶ in size. `Flow<Layers...>` has a StandardNormal base,
/// `Flow<Layers..., Base>` another one. All trainable numbers are one contiguous vector, `parameters()`.
///
/// Rows are samples (N × D) and densities are in nats. Every call takes any Eigen expression, map, block or row-major
/// matrix. A wrong number of columns throws std::invalid_argument. A row with NaN or ±∞ gives NaN or -∞ for that row
/// only. A const flow is thread-safe. Each call with the suffix `_into` writes to the caller's storage, and does not
/// allocate after the first call of a given size. That storage may be the input itself, row over row; storage that
/// overlaps it in any other way throws.
///
/// log p of a finite row is finite or -∞, never NaN, if theta is finite: if numbers overflow on the way to z, the
/// density is zero. For such a row, z and log|det| of `forward` may be ±∞ or NaN. The gradient of log p is finite, or
/// zero if it would overflow too.
///
/// A flow that was moved from throws from every call that computes, until another flow is assigned to it.
///
/// A flow with a part that reads a context (see `context_dim`) is a conditional density p(x | c). Every call then takes
/// c after x: N × C, one row for each sample, or 1 × C, one row for all. A conditional flow throws without a context,
/// and any other flow throws with one. A row of c with NaN or ±∞ makes the results of that sample NaN.
template <class... Parts>
class Flow : public FlowParameters<Parts...> {
  using Parameters = FlowParameters<Parts...>;

 public:
  using typename Parameters::Scalar;
  using Samples = Eigen::Matrix<Scalar, Eigen::Dynamic, Parameters::static_dim>;
  using Vector = VectorX<Scalar>;
  using Given = Context<Scalar>;
  using OnePoint = Point<Scalar>;
  using Parameters::context_dim;
  using Parameters::dim;

  /// Default-constructed layers of static dimension, with parameters drawn from `rng`.
  explicit Flow(Rng& rng) : Flow(default_made<Parts>()..., rng) {}
  /// Given layers (and base), with parameters drawn from `rng`.
  Flow(Parts... parts, Rng& rng) : Parameters(std::move(parts)...) { this->initialise(rng); }
  /// Given layers (and base) with these parameters. Throws std::invalid_argument if theta has another size.
  template <class S>
  Flow(Parts... parts, VectorX<S> theta) : Parameters(std::move(theta), std::move(parts)...) {
    static_assert(std::is_same_v<S, Scalar>,
                  "these parameters have another scalar type than the flow: convert them, as in "
                  "theta.cast<float>().eval()");
  }

  // ---- density

  /// x (N × D) → latent z (N × D) and log|det ∂z/∂x| (N).
  template <class X>
  Forward<Samples, Vector> forward(const Eigen::DenseBase<X>& x, const Given& c = {}) const {
    Forward<Samples, Vector> result{Samples(x.rows(), dim()), Vector(x.rows())};
    forward_into(x, c, result.z, result.log_det);
    return result;
  }
  template <class X, class Z, class V>
  void forward_into(const Eigen::DenseBase<X>& x, Z&& z, V&& log_det) const {
    forward_into(x, {}, z, log_det);
  }
  template <class X, class Z, class V>
  void forward_into(const Eigen::DenseBase<X>& x, const Given& c, Z&& z, V&& log_det) const {
    const Input<Scalar, X> input(x);
    const auto rows = checked("forward", input.rows());
    transform_into("forward_into", rows, checked("forward", c, x.rows()), z, log_det, false);
  }

  /// Latent z (N × D) → x (N × D) and log|det ∂x/∂z| (N).
  template <class Z>
  Generated<Samples, Vector> inverse(const Eigen::DenseBase<Z>& z, const Given& c = {}) const {
    Generated<Samples, Vector> result{Samples(z.rows(), dim()), Vector(z.rows())};
    inverse_into(z, c, result.x, result.log_det);
    return result;
  }
  template <class Z, class X, class V>
  void inverse_into(const Eigen::DenseBase<Z>& z, X&& x, V&& log_det) const {
    inverse_into(z, {}, x, log_det);
  }
  template <class Z, class X, class V>
  void inverse_into(const Eigen::DenseBase<Z>& z, const Given& c, X&& x, V&& log_det) const {
    const Input<Scalar, Z> input(z);
    const auto rows = checked("inverse", input.rows());
    transform_into("inverse_into", rows, checked("inverse", c, z.rows()), x, log_det, true);
  }

  /// The exact log-density of each row, nats.
  template <class X>
  Vector log_prob(const Eigen::DenseBase<X>& x, const Given& c = {}) const {
    Vector result(x.rows());
    log_prob_into(x, c, result);
    return result;
  }
  /// The log-density of one point, nats: `flow.log_prob({0.3, -0.2})`, or of a std::array or std::span of D numbers. It
  /// does not allocate after the first call. Throws std::invalid_argument for another number of them.
  Scalar log_prob(const OnePoint& x, const Given& c = {}) const {
    Scalar result{};
    detail::evaluate(*this, checked("log_prob", x), checked("log_prob", c, 1), {&result, 1, 1, 1, 1});
    return result;
  }
  /// Rejects arguments that are neither dense Eigen matrices nor one point.
  template <class X>
  Vector log_prob(const X&) const requires(!Dense<X> && !PlainNumbers<const X, Scalar>) {
    static_assert(
        Dense<X>,
        "a flow takes its rows from a dense Eigen matrix: wrap other memory where it lies, as in "
        "Eigen::Map<const Eigen::MatrixXf>(data, rows, columns); or one point of its scalar type from "
        "a std::array or a std::span");
    return {};
  }
  template <class X, class V>
  void log_prob_into(const Eigen::DenseBase<X>& x, V&& log_prob) const {
    log_prob_into(x, {}, log_prob);
  }
  template <class X, class V>
  void log_prob_into(const Eigen::DenseBase<X>& x, const Given& c, V&& log_prob) const {
    const Input<Scalar, X> input(x);
    const auto rows = checked("log_prob", input.rows());
    const auto context = checked("log_prob", c, x.rows());
    const auto to = out("log_prob_into", log_prob, x.rows(), 1);
    detail::reject_collisions<Scalar>("log_prob_into", {rows, context}, {to});
    detail::evaluate(*this, rows, context, to);
  }

  /// The log-density of each row and its gradient in x.
  template <class X>
  LogProbAndGrad<Samples, Vector> log_prob_and_grad(const Eigen::DenseBase<X>& x) const {
    LogProbAndGrad<Samples, Vector> result{Vector(x.rows()), Samples(x.rows(), dim())};
    log_prob_and_grad_into(x, result.log_prob, result.grad);
    return result;
  }
  /// The same given c, with the gradient in c.
  template <class X>
  LogProbAndGrads<Samples, Vector, MatrixX<Scalar>> log_prob_and_grad(const Eigen::DenseBase<X>& x,
                                                                      const Given& c) const {
    LogProbAndGrads<Samples, Vector, MatrixX<Scalar>> result{Vector(x.rows()), Samples(x.rows(), dim()),
                                                             MatrixX<Scalar>(x.rows(), context_dim())};
    log_prob_and_grad_into(x, c, result.log_prob, result.grad, result.grad_context);
    return result;
  }
  template <class X, class V, class G>
  void log_prob_and_grad_into(const Eigen::DenseBase<X>& x, V&& log_prob, G&& grad) const {
    MatrixX<Scalar> none(x.rows(), 0);
    log_prob_and_grad_into(x, {}, log_prob, grad, none);
  }
  template <class X, class V, class G, class H>
  void log_prob_and_grad_into(const Eigen::DenseBase<X>& x, const Given& c, V&& log_prob, G&& grad,
                              H&& grad_context) const {
    constexpr const char* call = "log_prob_and_grad_into";
    const Input<Scalar, X> input(x);
    const auto rows = checked("log_prob_and_grad", input.rows());
    const auto context = checked("log_prob_and_grad", c, x.rows());
    const auto to = out(call, log_prob, x.rows(), 1), to_grad = out(call, grad, x.rows(), dim()),
               to_grad_context = out(call, grad_context, x.rows(), context_dim());
    detail::reject_collisions<Scalar>(call, {rows, context}, {to, to_grad, to_grad_context});
    detail::evaluate_with_grad(*this, rows, context, to, to_grad, to_grad_context);
  }
  /// The log-density of one point, nats; writes its gradient to `grad`, D plain numbers.
  template <class G>
  Scalar log_prob_and_grad_into(const OnePoint& x, G&& grad) const requires(PlainStorage<G, Scalar>) {
    return one_with_grad(x, {}, row_of<Scalar>(grad), {nullptr, 1, 0, 0, 1});
  }
  /// The same given c; writes the gradient in c to `grad_context`, C plain numbers.
  template <class G, class H>
  Scalar log_prob_and_grad_into(const OnePoint& x, const Given& c, G&& grad, H&& grad_context) const
      requires(PlainStorage<G, Scalar>&& PlainStorage<H, Scalar>) {
    return one_with_grad(x, c, row_of<Scalar>(grad), row_of<Scalar>(grad_context));
  }

  // ---- samples

  /// n samples, N × D. `rng` advances by one number, for every n. The temperature multiplies the noise of a normal base:
  /// below 1, samples are more typical and less diverse, and log_prob is no longer their density. Throws
  /// std::invalid_argument if the temperature is negative, or not 1 while the base is not made of normals.
  Samples sample(Eigen::Index n, Rng& rng, Scalar temperature = 1) const {
    return sample(n, {}, rng, temperature);
  }
  /// n samples given c, a single row (1 × C) or one for each (n × C).
  Samples sample(Eigen::Index n, const Given& c, Rng& rng, Scalar temperature = 1) const {
    Samples x(checked_count(n), dim());
    sample_into(c, x, rng, temperature);
    return x;
  }
  /// One sample for each row of c.
  Samples sample(const Given& c, Rng& rng, Scalar temperature = 1) const {
    return sample(c.rows().rows, c, rng, temperature);
  }
  /// Rejects arguments that are not an Rng variable, for example a seed.
  template <detail::NoGenerator Other>
  Samples sample(Eigen::Index, const Other&) const {
    return refuse_generator<Other>(), Samples();
  }
  template <std::integral Count>
  Samples sample(Count) const {
    return refuse_generator<Count>(), Samples();
  }
  template <detail::NoGenerator Other>
  Samples sample(Eigen::Index, const Given&, const Other&) const {
    return refuse_generator<Other>(), Samples();
  }
  /// As many samples as `x` has rows.
  template <class X>
  void sample_into(X&& x, Rng& rng, Scalar temperature = 1) const {
    sample_into({}, x, rng, temperature);
  }
  template <class X>
  void sample_into(const Given& c, X&& x, Rng& rng, Scalar temperature = 1) const {
    check_temperature(temperature);
    const auto context = checked("sample", c, x.rows());
    const auto to = out("sample_into", x, x.rows(), dim());
    detail::reject_collisions<Scalar>("sample_into", {context}, {to});
    detail::generate(*this, context, to, {}, rng.fork(), temperature);
  }

  /// One sample into D plain numbers, a C array, std::array or std::span.
  template <class X>
  void sample_into(X&& x, Rng& rng, Scalar temperature = 1) const requires(PlainStorage<X, Scalar>) {
    sample_into({}, x, rng, temperature);
  }
  template <class X>
  void sample_into(const Given& c, X&& x, Rng& rng, Scalar temperature = 1) const
      requires(PlainStorage<X, Scalar>) {
    sample_into(c, detail::checked_point("sample_into", "the sample", row_of<Scalar>(x), dim()).all(), rng,
                temperature);
  }

  /// n samples and the exact log-density of each, in one pass.
  SampleAndLogProb<Samples, Vector> sample_and_log_prob(Eigen::Index n, Rng& rng) const {
    return sample_and_log_prob(n, {}, rng);
  }
  SampleAndLogProb<Samples, Vector> sample_and_log_prob(Eigen::Index n, const Given& c, Rng& rng) const {
    SampleAndLogProb<Samples, Vector> result{Samples(checked_count(n), dim()), Vector(n)};
    sample_and_log_prob_into(c, result.x, result.log_prob, rng);
    return result;
  }
  SampleAndLogProb<Samples, Vector> sample_and_log_prob(const Given& c, Rng& rng) const {
    return sample_and_log_prob(c.rows().rows, c, rng);
  }
  template <class X, class V>
  void sample_and_log_prob_into(X&& x, V&& log_prob, Rng& rng) const {
    sample_and_log_prob_into({}, x, log_prob, rng);
  }
  template <class X, class V>
  void sample_and_log_prob_into(const Given& c, X&& x, V&& log_prob, Rng& rng) const {
    constexpr const char* call = "sample_and_log_prob_into";
    const auto context = checked("sample_and_log_prob", c, x.rows());
    const auto to = out(call, x, x.rows(), dim()), to_log_prob = out(call, log_prob, x.rows(), 1);
    detail::reject_collisions<Scalar>(call, {context}, {to, to_log_prob});
    detail::generate(*this, context, to, to_log_prob, rng.fork());
  }

 private:
  template <class Part>
  static Part default_made() {
    static_assert(
        std::default_initializable<Part>,
        "a part whose number of features is set at run time has no default: give the flow its parts, as in "
        "Flow flow{Planar<float>(6), rng}");
    return Part();
  }

  template <class Other>
  static void refuse_generator() {
    static_assert(
        std::is_void_v<Other>,
        "samples are drawn with an Rng that every call moves on, given last: a variable that is not "
        "const, as in Rng rng(42); flow.sample(10, rng)");
  }

  const Rows<const Scalar>& checked(const char* call, const Rows<const Scalar>& x) const {
    if (x.cols != dim()) detail::reject_columns(call, x.rows, x.cols, dim());
    return x;
  }
  const Rows<const Scalar>& checked(const char* call, const OnePoint& x) const {
    return detail::checked_point(call, "a point", x.row(), dim());
  }
  Rows<const Scalar> checked(const char* call, const Given& c, Eigen::Index n) const {
    return detail::context_rows(call, c.rows(), n, context_dim());
  }

  Scalar one_with_grad(const OnePoint& x, const Given& c, const Rows<Scalar>& grad,
                       const Rows<Scalar>& grad_context) const {
    constexpr const char* call = "log_prob_and_grad_into";
    Scalar result{};
    detail::evaluate_with_grad(
        *this, checked(call, x), checked(call, c, 1), {&result, 1, 1, 1, 1},
        detail::checked_point(call, "the gradient", grad, dim()),
        detail::checked_point(call, "the gradient in the context", grad_context, context_dim()));
    return result;
  }

  static Eigen::Index checked_count(Eigen::Index n) {
    if (n < 0)
      detail::reject("a number of samples cannot be negative, but " + std::to_string(n) + " were asked for");
    return n;
  }

  void check_temperature(Scalar temperature) const {
    if (!(temperature >= 0 && temperature <= std::numeric_limits<Scalar>::max()))
      detail::reject("a temperature is 0 or a larger number (1 samples the density), but got " +
                     std::to_string(temperature));
    if (temperature != 1 && !has_temperature(this->base()))
      detail::reject(
          "a temperature multiplies the noise of a normal base, and this flow has another: leave it out, or "
          "train with StandardNormal, DiagonalNormal, MultivariateNormal or ConditionalNormal as the base");
  }

  template <class To, class V>
  void transform_into(const char* call, const Rows<const Scalar>& from, const Rows<const Scalar>& context,
                      To& to, V& log_det, bool generating) const {
    const auto values = out(call, to, from.rows, dim()), log_dets = out(call, log_det, from.rows, 1);
    detail::reject_collisions<Scalar>(call, {from, context}, {values, log_dets});
    detail::transform(*this, from, context, values, log_dets, generating);
  }

  // The caller's storage. Throws if its shape does not fit.
  template <class Out>
  static Rows<Scalar> out(const char* call, Out& x, Eigen::Index rows, Eigen::Index cols) {
    static_assert(HasMemory<std::remove_cvref_t<Out>>,
                  "the result must be written to a matrix, map or block");
    static_assert(std::is_same_v<typename std::remove_cvref_t<Out>::Scalar, Scalar>,
                  "the storage for the result has another scalar type than the flow");
    static_assert(!std::is_const_v<std::remove_pointer_t<decltype(x.data())>>,
                  "the storage for the result is const: it cannot be written to");
    if (x.rows() != rows || x.cols() != cols) detail::reject_storage(call, x.rows(), x.cols(), rows, cols);
    return rows_of<Scalar>(x);
  }
};

// CTAD for one layer, and for two parts; more layers go through Chain{...}.
template <class L>
Flow(L, Rng&) -> Flow<L>;
template <class L, class Last>
Flow(L, Last, Rng&) -> Flow<L, Last>;
template <class L, class Scalar>
Flow(L, VectorX<Scalar>) -> Flow<L>;
template <class L, class Last, class Scalar>
Flow(L, Last, VectorX<Scalar>) -> Flow<L, Last>;

namespace detail {
template <class... Arguments>
struct Undeduced {};
}  // namespace detail

/// Rejects anything else with a readable message.
template <class... Arguments>
class Flow<detail::Undeduced<Arguments...>> {
  static_assert(
      sizeof...(Arguments) == 0,
      "a Flow is made of its layers (several in a Chain), a base if it is not the default, and last the Rng "
      "that draws the parameters, a variable (no seed, no temporary), as in Flow flow{Chain{a, b}, base, "
      "rng}");

 public:
  explicit Flow(const Arguments&...) {}
};
template <class First, class... Others>
Flow(First, Others...) -> Flow<detail::Undeduced<First, Others...>>;

}  // namespace eigenflow
