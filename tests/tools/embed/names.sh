#!/usr/bin/env bash
# Every name that the command accepts compiles: all words and macros of the headers that an embedded flow includes, and
# those of the C library, are tried in one translation unit.
# usage: names.sh EMBED_NAMES HEADER COMPILER FLAGS...
set -euo pipefail
names=$1 header=$2
shift 2
compile=("$@" -std=c++20 -Wall -Wextra -Werror -x c++)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
{
  grep '^#include <' "$header"
  printf '#include <%s>\n' ctime iostream cerrno csignal cwchar cctype clocale math.h stdlib.h string.h
} >includes.hpp
{
  "${compile[@]}" -E -P includes.hpp | grep -oE '[A-Za-z_][A-Za-z0-9_]*'
  "${compile[@]}" -dM -E includes.hpp | sed -E 's/^#define ([A-Za-z0-9_]+).*/\1/'
  # Keywords, and functions that no header above declares, which the compiler or the C library has all the same.
  printf '%s\n' while concept char8_t and not_eq co_await requires register this fork wait read write geyser _a a__b a_
} | sort -u >words
"$names" <words >declarations.hpp
accepted=$(grep -c 'Probe' declarations.hpp)
[ "$accepted" -gt 2000 ] || { echo "only $accepted names were accepted" >&2; exit 1; }
grep -qx 'inline constexpr Probe geyser{};' declarations.hpp || { echo "geyser was refused" >&2; exit 1; }
# What would take the place of a function of the C library in the program's symbol table.
for name in size_t fork read write gamma NAN stdin; do
  ! grep -qx "inline constexpr Probe $name{};" declarations.hpp || { echo "$name was accepted" >&2; exit 1; }
done
cat includes.hpp declarations.hpp >probe.cpp
"${compile[@]}" -fsyntax-only probe.cpp
echo "$accepted names of $(wc -l <words) compile"
