#include "embed/names.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace command {

bool is_cpp_name(const std::string& name) {
  // Words that C++ keeps for itself, and what Eigen's headers bring along: their own names and the C library's.
  static const std::set<std::string_view> taken{
      "alignas",     "alignof",  "and",        "and_eq",    "asm",       "auto",         "bitand",
      "bitor",       "bool",     "break",      "case",      "catch",     "char",         "char16_t",
      "char32_t",    "char8_t",  "class",      "co_await",  "co_return", "co_yield",     "compl",
      "concept",     "const",    "const_cast", "consteval", "constexpr", "constinit",    "continue",
      "decltype",    "default",  "delete",     "do",        "double",    "dynamic_cast", "else",
      "enum",        "explicit", "export",     "extern",    "false",     "float",        "for",
      "friend",      "goto",     "if",         "inline",    "int",       "long",         "mutable",
      "namespace",   "new",      "noexcept",   "not",       "not_eq",    "nullptr",      "operator",
      "or",          "or_eq",    "private",    "protected", "public",    "register",     "reinterpret_cast",
      "requires",    "return",   "short",      "signed",    "sizeof",    "static",       "static_assert",
      "static_cast", "struct",   "switch",     "template",  "this",      "thread_local", "throw",
      "true",        "try",      "typedef",    "typeid",    "typename",  "union",        "unsigned",
      "using",       "virtual",  "void",       "volatile",  "wchar_t",   "while",        "xor",
      "xor_eq",      "linux",    "unix",       "abort",     "abs",       "acos",         "acosh",
      "asctime",     "asin",     "asinh",      "atan",      "atan2",     "atanh",        "atexit",
      "atof",        "atoi",     "bcmp",       "bcopy",     "bsearch",   "bzero",        "calloc",
      "cbrt",        "ceil",     "clock",      "copysign",  "cos",       "cosh",         "ctime",
      "difftime",    "div",      "drem",       "erf",       "erfc",      "exit",         "exp",
      "exp2",        "expm1",    "fabs",       "fdim",      "finite",    "floor",        "fma",
      "fmax",        "fmin",     "fmod",       "free",      "frexp",     "gamma",        "getc",
      "getenv",      "gets",     "getw",       "gmtime",    "hypot",     "ilogb",        "index",
      "j0",          "j1",       "jn",         "labs",      "ldexp",     "ldiv",         "lgamma",
      "localtime",   "log",      "log10",      "log1p",     "log2",      "logb",         "lrint",
      "lround",      "malloc",   "memchr",     "memcmp",    "memcpy",    "memmove",      "memset",
      "mktime",      "modf",     "nan",        "nearbyint", "nextafter", "perror",       "pow",
      "printf",      "putc",     "puts",       "putw",      "qsort",     "raise",        "rand",
      "random",      "realloc",  "remainder",  "remove",    "rename",    "rewind",       "rindex",
      "rint",        "round",    "scalb",      "scanf",     "setbuf",    "setenv",       "signal",
      "significand", "sin",      "sincos",     "sinh",      "sqrt",      "srand",        "stderr",
      "stdin",       "stdout",   "stpcpy",     "strcat",    "strchr",    "strcmp",       "strcpy",
      "strdup",      "strlen",   "strstr",     "strtod",    "strtok",    "system",       "tan",
      "tanh",        "tgamma",   "time",       "timezone",  "tmpfile",   "tmpnam",       "trunc",
      "tzname",      "tzset",    "ungetc",     "y0",        "y1",        "yn",           "Eigen",
      "eigenflow",   "main",     "std"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), fits) &&
         name.find("__") == std::string::npos && !name.ends_with('_') && taken.count(name) == 0;
}

}  // namespace command
