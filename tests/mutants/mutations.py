"""The mutations: (subject, header, what is broken, old text, new text). The old text must stand in the header once."""

PLANAR = "layers/planar.hpp"
CONSTRAINT = "detail/planar_constraint.hpp"
ROOT = "detail/planar_root.hpp"
MONOTONE = "layers/monotone.hpp"
RADIAL = "layers/radial.hpp"
COUPLING = "layers/coupling.hpp"
AFFINE = "transformers/affine.hpp"
SHIFT = "transformers/shift.hpp"
BOUND = "soft_bound.hpp"
MLP = "conditioners/mlp.hpp"
DENSE = "detail/dense.hpp"
ACTIVATION = "activation.hpp"
PERMUTATION = "layers/permutation.hpp"
STANDARDIZE = "layers/standardize.hpp"
CHAIN = "chain.hpp"
STACK = "stack.hpp"
INVERSE = "inverse.hpp"
NORMAL = "bases/standard_normal.hpp"
DIAGONAL = "bases/diagonal_normal.hpp"
CONDITIONAL = "bases/conditional_normal.hpp"

MUTATIONS = [
    # ---- Planar, forward
    ("planar", PLANAR, "log_det signs swapped", "generating ? before - log_det : before + log_det",
     "generating ? before + log_det : before - log_det"),
    ("planar", PLANAR, "log_det assigned", "generating ? before - log_det : before + log_det",
     "generating ? -log_det : log_det"),
    ("planar", PLANAR, "directions swapped", "return evaluate<false>(theta, tile);", "return evaluate<true>(theta, tile);"),
    ("planar", PLANAR, "b dropped from wᵀx + b", "Number a(p.b);\n      for", "Number a(0);\n      for"),
    ("planar", PLANAR, "gradient of log_det dropped from x", "grad_log_det * step.load(tape.tilt)",
     "Number(0) * step.load(tape.tilt)"),
    ("planar", PLANAR, "gradient of b assigned", "g.b += reduce_add(sum_b);", "g.b = reduce_add(sum_b);"),
    ("planar", PLANAR, "gradient in w dropped", "grad_w[j] = reduce_add(sum_w[j]);", "grad_w[j] = 0;"),
    ("planar", PLANAR, "gradient of s dropped", "sum_s += grad_log_det * slope * contract;", ""),
    ("planar", PLANAR, "gradient in x replaced, not moved", "step.store(g, fma(Number(p.w[j]), grad_tau, step.load(g)));",
     "step.store(g, Number(p.w[j]) * grad_tau);"),
    # ---- Planar, inverse
    ("planar", PLANAR, "inverse moves the wrong way", "Number(generating ? -c.u_hat[j] : c.u_hat[j])", "Number(c.u_hat[j])"),
    ("planar", PLANAR, "implicit gradient without the contraction", "grad_tau *= contract;", ""),
    ("planar", PLANAR, "implicit gradient of wᵀû dropped", "sum_s -= grad_tau * h * Number(1 / max_slope);", ""),
    ("planar", PLANAR, "vjp of the inverse is forward's", "vjp<true>(theta, grad, tape, tile);",
     "vjp<false>(theta, grad, tape, tile);"),
    ("planar", ROOT, "root accepted early", "Number(2 * std::numeric_limits<Scalar>::epsilon())",
     "Number(Scalar(0.03))"),
    ("planar", ROOT, "a converged lane goes on", "v = select(active, next, v);", "v = next;"),
    ("planar", ROOT, "too few steps", "most_steps = 200", "most_steps = 3"),
    # ---- Planar, parameters
    ("planar", CONSTRAINT, "constraint's constant", "std::numbers::e_v<Scalar> - 1)", "std::numbers::e_v<Scalar> - Scalar(1.001))"),
    ("planar", CONSTRAINT, "u's part along w kept", "u_hat[j] -= along / square_ * unit[j];", "u_hat[j] -= 0;"),
    ("planar", CONSTRAINT, "gradient in u without the constraint", "grad_u_hat[j] + grad_wu * w;", "grad_u_hat[j];"),
    ("planar", CONSTRAINT, "gradient in w loses a term", " - 2 * scale * along * w;", ";"),
    ("planar", CONSTRAINT, "gradient in u assigned", "out_u[j] += to_u;", "out_u[j] = to_u;"),
    ("planar", CONSTRAINT, "gradient in w added twice", "out_w[j] += to_w;", "out_w[j] += to_w / 3;\n      out_w[j] += to_w * 2 / 3;"),
    ("planar", "lane_math.hpp", "tanh off by 10⁻⁶", "const Number near = fma(x * square, ratio, x);",
     "const Number near = fma(x * square, ratio, x * Number(Scalar(1.000001)));"),
    # ---- the other h
    ("softsign", MONOTONE, "curvature's sign", "select(a < Number(0), bend, -bend)", "select(a < Number(0), -bend, bend)"),
    ("softsign", MONOTONE, "complement of the slope", "size * ratio * (one + ratio)", "size * ratio * (one + one)"),
    ("softsign", MONOTONE, "slope", "return {value, ratio * ratio, size", "return {value, ratio, size"),
    ("leaky_relu", MONOTONE, "slope below zero", "select(positive, one, low)", "select(positive, one, one)"),
    ("leaky_relu", MONOTONE, "complement of the slope", "select(positive, zero, one - low)", "select(positive, zero, low)"),
    ("leaky_relu", PLANAR, "s not kept from zero", "? tiny : std::sqrt(tiny)", "? tiny : tiny"),
    # ---- Radial, forward
    ("radial", RADIAL, "log_det signs swapped", "generating ? before - log_det : before + log_det",
     "generating ? before + log_det : before - log_det"),
    ("radial", RADIAL, "log_det counts D features across", "fma(Number(static_cast<Scalar>(dim() - 1)), log(across)",
     "fma(Number(static_cast<Scalar>(dim())), log(across)"),
    ("radial", RADIAL, "directions swapped", "return evaluate<false>(theta, tile);", "return evaluate<true>(theta, tile);"),
    ("radial", RADIAL, "Manhattan radius", "sum = fma(offset, offset, sum);", "sum = sum + abs(offset);"),
    ("radial", RADIAL, "gradient of log_det in r dropped", "const Number turn = sign_log_det * slope_r;",
     "const Number turn = Number(0) * slope_r;"),
    ("radial", RADIAL, "gradient of log_det in α dropped", "sum_alpha += fma(sign_log_det, slope_alpha, -(along_e * g * span));",
     "sum_alpha += -(along_e * g * span);"),
    ("radial", RADIAL, "gradient in s loses the values", "sum_s += fma(sign_log_det, slope_s, along_e * span);",
     "sum_s += sign_log_det * slope_s;"),
    ("radial", RADIAL, "gradient in x₀ assigned", "out.x0[j] += reduce_add(sum_x0[j]);", "out.x0[j] = reduce_add(sum_x0[j]);"),
    ("radial", RADIAL, "gradient in x₀'s sign", "sum_x0[j] += from - result;", "sum_x0[j] += result - from;"),
    ("radial", RADIAL, "gradient in β' without softplus", "sum_s * Number(detail::sigmoid(params.beta))", "sum_s"),
    # ---- Radial, inverse
    ("radial", RADIAL, "inverse radius by the other branch", "select(c > Number(0), Number(2 * alpha)", "select(c < Number(0), Number(2 * alpha)"),
    ("radial", RADIAL, "inverse keeps the offset of its input", "offset = offset / across;", "offset = offset * Number(1);"),
    ("radial", RADIAL, "inverse gradient along the radius dropped", "turn / g1 + along * shrink / (g * g1)", "turn / g1"),
    ("radial", RADIAL, "inverse gradient of log_det's sign", "generating ? -grad_log_det : grad_log_det", "grad_log_det"),
    ("radial", RADIAL, "implicit gradient without its sign", "generating ? -((along + turn) / g1) : along",
     "generating ? (along + turn) / g1 : along"),
    # ---- couplings
    ("affine_coupling", COUPLING, "log_det assigned", "Lanes<Scalar> log_det = step.load(tile.log_det.data());", "Lanes<Scalar> log_det(0);"),
    ("affine_coupling", COUPLING, "directions swapped", "return evaluate<false>(theta, tile);", "return evaluate<true>(theta, tile);"),
    ("affine_coupling", COUPLING, "vjp of the inverse is forward's", "generating ? transformer_.inverse_vjp(", "!generating ? transformer_.inverse_vjp("),
    ("affine_coupling", COUPLING, "gradient through the conditioner dropped",
     "conditioner_.vjp(theta, grad, tape.conditioner, grad_parameters, grad_input, tile);\n      return;", "(void)grad_input;\n      return;"),
    ("context_coupling", COUPLING, "context not read", "input.rightCols(context_dim_) = tile.context;", "input.rightCols(context_dim_).setZero();"),
    ("context_coupling", COUPLING, "gradient in the context dropped", "tile.grad_context += grad_input.rightCols(context_dim_);", ""),
    ("context_coupling", COUPLING, "gradient in x through the conditioner dropped",
     "tile.grad_values.leftCols(split_) += grad_input.leftCols(split_);", ""),
    ("affine_coupling", AFFINE, "log_det's sign, forward", "return {y, s.value};", "return {y, -s.value};"),
    ("affine_coupling", AFFINE, "log_det's sign, inverse", "return {x, -s.value};", "return {x, s.value};"),
    ("affine_coupling", AFFINE, "inverse scales by eˢ", "exp(-s.value)", "exp(s.value)"),
    ("affine_coupling", AFFINE, "gradient of log_det dropped, forward", "slots.set(0, fma(grad, slots[1], grad_log_det) * slots[0]);",
     "slots.set(0, grad * slots[1] * slots[0]);"),
    ("affine_coupling", AFFINE, "gradient of log_det dropped, inverse", "slots.set(0, -(fma(grad, slots[1], grad_log_det) * slots[0]));",
     "slots.set(0, -(grad * slots[1] * slots[0]));"),
    ("affine_coupling", AFFINE, "gradient in t's sign, inverse", "slots.set(1, -grad_y);", "slots.set(1, grad_y);"),
    ("affine_coupling", BOUND, "slope of the bound", "return {a * ratio, ratio * ratio};", "return {a * ratio, ratio};"),
    ("additive_coupling", SHIFT, "inverse shifts the same way", "return {y - slots[0], Number(0)};", "return {y + slots[0], Number(0)};"),
    ("additive_coupling", SHIFT, "log_det not zero", "return {x + slots[0], Number(0)};", "return {x + slots[0], slots[0]};"),
    ("additive_coupling", SHIFT, "gradient's sign, inverse", "slots.set(0, -grad);", "slots.set(0, grad);"),
    ("additive_coupling", SHIFT, "gradient halved, forward", "slots.set(0, grad);", "slots.set(0, grad * Number(Scalar(0.5)));"),
    # ---- Mlp
    ("affine_coupling", MLP, "gradient of the bias dropped", "detail::dense_grad_bias(grad_z, g.bias.data());", ""),
    ("affine_coupling", MLP, "derivative of the activation dropped",
     "if (i > 0) scale_by_derivative(grad_from, tape.derivative_from[i - 1]);", ""),
    ("affine_coupling", MLP, "gradient of the weights from the wrong layer", "i == 0 ? tape.input : tape.values[i - 1], grad_z",
     "i <= 1 ? tape.input : tape.values[i - 1], grad_z"),
    ("affine_coupling", MLP, "one row forgets its activation's tape", "input.rows() == 1 && !pass.record", "input.rows() == 1"),
    ("affine_coupling", DENSE, "gradient of a bias assigned", "grad_bias[j] += reduce_add(sum);", "grad_bias[j] = reduce_add(sum);"),
    ("affine_coupling", DENSE, "gradient of the weights assigned", "{grad_w, ins, nullptr, true}", "{grad_w, ins, nullptr, false}"),
    ("affine_coupling", DENSE, "gradient of thin weights assigned",
     "static_cast<Eigen::Index>(m) * thin_stride] += reduce_add", "static_cast<Eigen::Index>(m) * thin_stride] = reduce_add"),
    ("affine_coupling", DENSE, "bias dropped", "{y.panel(p), height, bias}", "{y.panel(p), height, nullptr}"),
    ("affine_coupling", DENSE, "bias dropped for one row", "y[j] = bias[j] + reduce_add(sum);", "y[j] = reduce_add(sum);"),
    ("affine_coupling", ACTIVATION, "tanh's derivative", "grad * (Number(1) - h) * (Number(1) + h)", "grad * (Number(1) - h)"),
    ("mlp_relu", ACTIVATION, "relu's derivative", "return select(h > Number(0), grad, Number(0));", "return grad;"),
    ("mlp_leaky_relu", ACTIVATION, "leaky relu's derivative", "select(h > Number(0), grad, slope<Number>() * grad)", "select(h > Number(0), grad, Number(0))"),
    ("mlp_sigmoid", ACTIVATION, "sigmoid's derivative", "return grad * h * (Number(1) - h);", "return grad * h;"),
    ("mlp_softplus", ACTIVATION, "softplus's derivative from its value", "struct SoftplusFunction {\n  static constexpr bool derivative_from_value = false;",
     "struct SoftplusFunction {\n  static constexpr bool derivative_from_value = true;"),
    ("mlp_elu", ACTIVATION, "elu's derivative", "grad * (h + Number(1))", "grad * h"),
    ("mlp_silu", ACTIVATION, "silu's derivative", "grad * s * (Number(1) + z * (Number(1) - s))", "grad * s"),
    ("mlp_gelu", ACTIVATION, "gelu's derivative", "normal_cdf(z) + z * root", "normal_cdf(z) + root"),
    # ---- Permutation
    ("permutation", PERMUTATION, "directions the same", "return scatter(tile.values, tile);", "return gather(tile.values, tile);"),
    ("permutation", PERMUTATION, "forward_vjp is inverse_vjp", "{\n    scatter(tile.grad_values, tile);", "{\n    gather(tile.grad_values, tile);"),
    ("permutation", PERMUTATION, "inverse_vjp does nothing", "{\n    gather(tile.grad_values, tile);", "{\n    (void)tile;"),
    # ---- Standardize
    ("standardize", STANDARDIZE, "log_det's sign, forward", "tile.log_det.array() -= log_scale();", "tile.log_det.array() += log_scale();"),
    ("standardize", STANDARDIZE, "log_det assigned, inverse", "tile.log_det.array() += log_scale();", "tile.log_det.setConstant(log_scale());"),
    ("standardize", STANDARDIZE, "mean dropped, inverse", ".array() * scale_[j] + mean_[j];", ".array() * scale_[j];"),
    ("standardize", STANDARDIZE, "gradient forward", "tile.grad_values.col(j) /= scale_[j];", "tile.grad_values.col(j) *= scale_[j];"),
    ("standardize", STANDARDIZE, "gradient inverse", "tile.grad_values.col(j) *= scale_[j];", "tile.grad_values.col(j) *= 1;"),
    # ---- compositions
    ("chain", CHAIN, "inverse in forward's order", "inverse_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I], theta, tile)),\n     ...);",
     "inverse_one(std::get<size - 1 - I>(layers_), segments_[I], theta, tile)),\n     ...);"),
    ("chain", CHAIN, "directions swapped", "const auto tape = layer.inverse(segment.of(theta), tile);", "const auto tape = layer.forward(segment.of(theta), tile);"),
    ("chain", CHAIN, "every layer's gradient at the start", "layer.forward_vjp(segment.of(theta), segment.of(grad), tape, tile);",
     "layer.forward_vjp(segment.of(theta), grad, tape, tile);"),
    ("chain", CHAIN, "inverse_vjp is forward_vjp", "layer.inverse_vjp(segment.of(theta), segment.of(grad), tape, tile);", ""),
    ("chain", CHAIN, "tapes given back too early", "if (!tile.record) tile.arena->release(mark);\n    return tape;\n  }\n  template <class L>\n  static auto inverse_one",
     "tile.arena->release(mark);\n    return tape;\n  }\n  template <class L>\n  static auto inverse_one"),
    ("stack", STACK, "vjp in forward's order", "for (std::size_t i = layers_.size(); i-- > 0;) {\n      const ArenaScope scope(*tile.arena);\n      layers_[i].forward_vjp",
     "for (std::size_t i = 0; i < layers_.size(); ++i) {\n      const ArenaScope scope(*tile.arena);\n      layers_[i].forward_vjp"),
    ("stack", STACK, "all layers share a segment", "segments_.empty() ? 0 : segments_.back().end()", "0"),
    ("stack", STACK, "one tape for all", "layers_[i].inverse_vjp(segments_[i].of(theta), segments_[i].of(grad), tape.tapes[i], tile);",
     "layers_[i].inverse_vjp(segments_[i].of(theta), segments_[i].of(grad), tape.tapes[0], tile);"),
    ("stack", STACK, "the first layer's inverse is left out", "for (std::size_t i = layers_.size(); i-- > 0;) {\n      if (tile.record)",
     "for (std::size_t i = layers_.size(); i-- > 1;) {\n      if (tile.record)"),
    ("inverse", INVERSE, "forward not swapped", "return layer_.inverse(theta, tile);", "return layer_.forward(theta, tile);"),
    ("inverse", INVERSE, "inverse not swapped", "return layer_.forward(theta, tile);", "return layer_.inverse(theta, tile);"),
    ("inverse", INVERSE, "forward_vjp not swapped", "layer_.inverse_vjp(theta, grad, tape, tile);", "layer_.forward_vjp(theta, grad, tape, tile);"),
    ("inverse", INVERSE, "inverse_vjp not swapped", "layer_.forward_vjp(theta, grad, tape, tile);", "layer_.inverse_vjp(theta, grad, tape, tile);"),
    # ---- bases
    ("standard_normal", NORMAL, "gradient's sign", "grad = -step.load(tile.grad_log_det.data());", "grad = step.load(tile.grad_log_det.data());"),
    ("standard_normal", NORMAL, "log_det assigned", "step.load(tile.log_det.data()) + fma(minus_half, sum, constant)", "fma(minus_half, sum, constant)"),
    ("standard_normal", NORMAL, "a factor of two", "minus_half(Scalar(-0.5))", "minus_half(Scalar(-1))"),
    ("diagonal_normal", DIAGONAL, "gradient in the mean assigned", "g.mean[j] += reduce_add(sum_mean);", "g.mean[j] = reduce_add(sum_mean);"),
    ("diagonal_normal", DIAGONAL, "gradient of the scale's own term dropped", "(e * e - Lanes<Scalar>(1))", "(e * e)"),
    ("diagonal_normal", DIAGONAL, "slope of the bound dropped", "reduce_add(sum_log_scale * slope)", "reduce_add(sum_log_scale)"),
    ("diagonal_normal", DIAGONAL, "log of the scale dropped", "constant(-s - half_log_two_pi)", "constant(-half_log_two_pi)"),
    # ---- ConditionalNormal
    ("conditional_normal", CONDITIONAL, "log_det assigned", "Number log_prob = step.load(tile.log_det.data());", "Number log_prob(0);"),
    ("conditional_normal", CONDITIONAL, "log of the scale dropped", "constant - at.log_scale)", "constant)"),
    ("conditional_normal", CONDITIONAL, "mean dropped from the gradient", "step.store(parameters.col(j).data(), pull);", ""),
    ("conditional_normal", CONDITIONAL, "gradient in the mean has the other sign", "step.store(parameters.col(j).data(), pull);",
     "step.store(parameters.col(j).data(), -pull);"),
    ("conditional_normal", CONDITIONAL, "gradient in z has the other sign", "tile.grad_values.col(j).data(), -pull)", "tile.grad_values.col(j).data(), pull)"),
    ("conditional_normal", CONDITIONAL, "gradient of the scale's own term dropped", "(e * e - Number(1))", "(e * e)"),
    ("conditional_normal", CONDITIONAL, "slope of the bound dropped", "* at.slope);", ");"),
    ("conditional_normal", CONDITIONAL, "gradient in the context dropped",
     "conditioner_.vjp(theta, grad, tape, {parameters.data(), tile.rows(), 2 * dim()}, tile.grad_context, tile);",
     "MatrixMap<Scalar> lost = tile.scratch(context_dim_);\n    lost.setZero();\n    "
     "conditioner_.vjp(theta, grad, tape, {parameters.data(), tile.rows(), 2 * dim()}, lost, tile);"),
]
