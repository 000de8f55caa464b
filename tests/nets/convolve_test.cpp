#include "eigenflow/nets/kernel/convolve.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "eigenflow/nets/kernel/convolve_planes.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using ef::Padding;
using ef::nets::Convolution;
using ef::nets::Pixels;
using ef::nets::Planes;
using Eigen::Index;

namespace {

struct Image {
  Index samples, height, width;
  Index pixels() const { return height * width; }
};

// A batch in planes: column c H W + y W + x, rows are samples. Calls body(y, x, tap, the pixel that the tap reads) where
// that lies in the image.
template <class Body>
void for_each_tap(const Convolution& shape, const Image& image, const Body& body) {
  for (Index y = 0; y < image.height; ++y)
    for (Index x = 0; x < image.width; ++x)
      for (Index tap = 0; tap < shape.taps(); ++tap) {
        Index from_y = y + tap / shape.side - shape.side / 2, from_x = x + tap % shape.side - shape.side / 2;
        if (shape.padding == Padding::circular) {
          from_y = (from_y + image.height) % image.height;
          from_x = (from_x + image.width) % image.width;
        }
        if (from_y < 0 || from_y >= image.height || from_x < 0 || from_x >= image.width) continue;
        body(y * image.width + x, tap, from_y * image.width + from_x);
      }
}

// y, grad_x, grad_w by the definition, in long double.
struct Expected {
  MatrixX<Wide> y, grad_x, grad_w;
  VectorX<Wide> grad_b;
};
Expected by_definition(const Convolution& shape, const Image& image, const MatrixX<Wide>& x,
                       const MatrixX<Wide>& w, const VectorX<Wide>& b, const MatrixX<Wide>& grad_y) {
  const Index plane = image.pixels();
  Expected e{MatrixX<Wide>::Zero(x.rows(), shape.out * plane), MatrixX<Wide>::Zero(x.rows(), x.cols()),
             MatrixX<Wide>::Zero(w.rows(), w.cols()), VectorX<Wide>::Zero(shape.out)};
  for (Index o = 0; o < shape.out; ++o) {
    e.y.middleCols(o * plane, plane).setConstant(b[o]);
    e.grad_b[o] = grad_y.middleCols(o * plane, plane).sum();
  }
  for_each_tap(shape, image, [&](Index pixel, Index tap, Index from) {
    for (Index o = 0; o < shape.out; ++o)
      for (Index i = 0; i < shape.in; ++i) {
        const auto input = x.col(i * plane + from);
        const auto g = grad_y.col(o * plane + pixel);
        e.y.col(o * plane + pixel) += w(o, tap * shape.in + i) * input;
        e.grad_x.col(i * plane + from) += w(o, tap * shape.in + i) * g;
        e.grad_w(o, tap * shape.in + i) += g.dot(input);
      }
  });
  return e;
}

template <class S>
Wide error(const MatrixX<S>& found, const MatrixX<Wide>& expected) {
  return (found.template cast<Wide>() - expected).cwiseAbs().maxCoeff() /
         std::max<Wide>(1, expected.cwiseAbs().maxCoeff());
}

template <template <class> class Images, class S>
void check(const Convolution& shape, const Image& image) {
  const Index plane = image.pixels(), n = image.samples;
  INFO(shape.in << " to " << shape.out << " channels, kernel " << shape.side << ", " << n << " of "
                << image.height << " x " << image.width
                << (shape.padding == Padding::circular ? ", circular" : ""));
  const MatrixX<S> x = contract::random_normal<S>(n, shape.in * plane, 1);
  const MatrixX<S> w = contract::random_normal<S>(shape.out, shape.taps() * shape.in, 2);
  const VectorX<S> b = contract::random_normal<S>(shape.out, 1, 3);
  const MatrixX<S> grad_y = contract::random_normal<S>(n, shape.out * plane, 4);
  const Expected expected = by_definition(shape, image, x.template cast<Wide>(), w.template cast<Wide>(),
                                          b.template cast<Wide>(), grad_y.template cast<Wide>());

  ef::Arena arena;
  const ef::ArenaScope scope(arena);
  const auto in = Images<S>::allocate(arena, n, image.height, image.width, shape.in);
  const auto out = in.like(arena, shape.out), grad_out = in.like(arena, shape.out),
             grad_in = in.like(arena, shape.in);
  in.take(x.data(), 0, shape.in);
  in.fill_margins(shape.padding);
  ef::nets::convolve(shape, in, ef::nets::pack_forward(in, shape, w.data(), arena), b.data(), false, out,
                     arena);
  MatrixX<S> y(n, shape.out * plane);
  out.give(y.data());
  const Wide eps = std::numeric_limits<S>::epsilon() * std::sqrt(Wide(shape.in * shape.taps()));
  CHECK(error(y, expected.y) <= 4 * eps);

  grad_out.take(grad_y.data(), 0, shape.out);
  grad_out.clear_filling();
  grad_out.fill_margins(shape.padding);
  ef::nets::convolve(shape.transposed(), grad_out, ef::nets::pack_backward(in, shape, w.data(), arena),
                     static_cast<const S*>(nullptr), false, grad_in, arena);
  MatrixX<S> grad_x = MatrixX<S>::Zero(n, shape.in * plane);
  grad_in.add_to(grad_x.data(), 0, shape.in);
  CHECK(error(grad_x, expected.grad_x) <= 4 * eps);

  MatrixX<S> grad_w = MatrixX<S>::Ones(w.rows(), w.cols());
  ef::nets::convolve_grad_w(shape, in, grad_out, grad_w.data(), arena);
  grad_w.array() -= 1;
  VectorX<S> grad_b = VectorX<S>::Zero(shape.out);
  ef::nets::convolve_grad_b(grad_out, grad_b.data());
  const Wide long_eps = std::numeric_limits<S>::epsilon() * std::sqrt(Wide(n * plane)) * 8;
  CHECK(error(grad_w, expected.grad_w) <= long_eps);
  CHECK(error(MatrixX<S>(grad_b), MatrixX<Wide>(expected.grad_b)) <= long_eps);

  // A row alone has the bits that it has in a batch.
  const MatrixX<S> last = x.bottomRows(1);
  const auto one_in = Images<S>::allocate(arena, 1, image.height, image.width, shape.in);
  const auto one_out = one_in.like(arena, shape.out);
  one_in.take(last.data(), 0, shape.in);
  one_in.fill_margins(shape.padding);
  ef::nets::convolve(shape, one_in, ef::nets::pack_forward(in, shape, w.data(), arena), b.data(), false,
                     one_out, arena);
  MatrixX<S> one(1, shape.out * plane);
  one_out.give(one.data());
  CHECK(one == y.bottomRows(1));
}

template <template <class> class Images, class S>
void check_all() {
  for (const Padding padding : {Padding::zero, Padding::circular})
    for (const Index side : {1, 3})
      for (const Index n : {1, 5, 37}) {
        for (const Index size : {1, 2, 3, 7}) check<Images, S>({3, 17, side, padding}, {n, size, size});
        for (const Index channels : {1, 2, 4, 8, 16, 33, 64})
          check<Images, S>({channels, channels % 7 + 1, side, padding}, {n, 3, 4});
        for (const Index channels : {1, 5, 12, 16, 31, 70})
          check<Images, S>({2, channels, side, padding}, {n, 2, 5});
      }
}

}  // namespace

TEMPLATE_TEST_CASE("the products of a convolution are their definition, channels side by side", "", float,
                   double) {
  check_all<Pixels, TestType>();
}
TEMPLATE_TEST_CASE("the products of a convolution are their definition, samples side by side", "", float,
                   double) {
  check_all<Planes, TestType>();
}
