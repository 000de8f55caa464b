#include "image_files.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "memory.hpp"
#include "numbers.hpp"
#include "table/array.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

std::string sides_text(const std::vector<Eigen::Index>& shape) {
  std::string text;
  for (const Eigen::Index side : shape) text += (text.empty() ? "" : " × ") + std::to_string(side);
  return text;
}

}  // namespace

ef::Image image_of(const std::string& text, const std::string& option) {
  std::vector<Eigen::Index> sides;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find('x', from), text.size());
    sides.push_back(static_cast<Eigen::Index>(whole_of(text.substr(from, to - from), 1, 1'000'000, option)));
    from = to + 1;
  }
  if (sides.size() != 3)
    throw UsageError(option + " expects channels, height and width, as 64x16x16, but got " +
                     table::shown(text));
  return {sides[0], sides[1], sides[2]};
}

std::string text_of(const ef::Image& image) {
  return std::to_string(image.channels) + 'x' + std::to_string(image.height) + 'x' +
         std::to_string(image.width);
}

void check_fast_flow(const Model& model, const std::string& what) {
  const auto found = model.info.notes.find(flow_note);
  if (found != model.info.notes.end() && found->second == "glow")
    throw UsageError(model.path + " is a Glow, whose latent numbers are not at the place of their pixels: " +
                     what + " expects a model that was fitted with --architecture fast_flow");
}

bool is_of_images(const Model& model) {
  return model.info.notes.contains(image_note);
}
ef::Image image_of(const Model& model) {
  if (!is_of_images(model))
    throw UsageError(model.path +
                     " does not say the shape of its images: it should be fitted with --image, or exported "
                     "with its notes");
  const ef::Image image = image_of(model.info.notes.at(image_note), model.path + ": its image");
  if (image.dim() != model.flow.dim())
    throw std::runtime_error(model.path + ": has " + std::to_string(model.flow.dim()) +
                             " features, but its image is " + text_of(image));
  return image;
}

Eigen::MatrixXd read_images(const std::string& path, const ef::Image& image) {
  table::Array array =
      within_memory(path, "give a part of its images", [&] { return table::read_array(path); });
  const std::vector<Eigen::Index>& shape = array.shape;
  const bool fits =
      (shape.size() == 2 && shape[1] == image.dim()) ||
      (shape.size() == 3 && image.channels == 1 && shape[1] == image.height && shape[2] == image.width) ||
      (shape.size() == 4 && shape[1] == image.channels && shape[2] == image.height &&
       shape[3] == image.width);
  if (!fits)
    throw std::runtime_error(table::escaped(path) + ": holds an array of " + sides_text(shape) +
                             ", but images of " + text_of(image) + " are N × " +
                             sides_text({image.channels, image.height, image.width}) + " or N × " +
                             std::to_string(image.dim()) +
                             (shape.size() == 4 && shape[3] == image.channels && shape[1] == image.height
                                  ? ": the channels are last, so save x.transpose(0, 3, 1, 2)"
                                  : ": give the shape of the file by --image"));
  return std::move(array.rows);
}

}  // namespace command
