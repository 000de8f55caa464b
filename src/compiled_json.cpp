// Model files' JSON: the only source that reads nlohmann/json.

#include <eigenflow/io/detail/json_parser.hpp>
