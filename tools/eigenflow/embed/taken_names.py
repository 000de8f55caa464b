#!/usr/bin/env python3
"""Writes taken_names.inc: the names that a model in a C++ header cannot have.

    tools/eigenflow/embed/taken_names.py > tools/eigenflow/embed/taken_names.inc

Candidates are the keywords of C++, the macros, and every word of the headers of the C and C++ libraries and of Eigen, as
each compiler here sees them (g++ with libstdc++, clang with libstdc++ and with libc++). Taken are

  - keywords and macros;
  - what does not compile, without a warning, as a variable behind these headers;
  - the functions and variables of the C library itself, declared or not: a variable of that name would stand in the
    program's symbol table in their place, and the library would call it.

A name with two underscores or one at an end is never asked for: C++ keeps those for itself.
"""
import glob
import re
import subprocess
import sys
import tempfile

COMPILERS = [["g++"], ["clang++-14"], ["clang++-14", "-stdlib=libc++"]]
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-I/usr/include/eigen3", "-mavx2", "-mfma"]
HEADERS = """Eigen/Dense algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts
condition_variable deque exception execution filesystem format forward_list fstream functional future initializer_list
iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric
optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream
stack stdexcept stop_token streambuf string string_view syncstream system_error thread tuple type_traits typeindex typeinfo
unordered_map unordered_set utility valarray variant vector version
cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib
cstring ctime cuchar cwchar cwctype math.h stdlib.h stdio.h string.h time.h unistd.h omp.h""".split()
KEYWORDS = """alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do
double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new
noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename
union unsigned using virtual void volatile wchar_t while xor xor_eq""".split()
OURS = ["Eigen", "eigenflow", "main", "std", "linux", "unix", "i386", "errno", "signbit"]
WORD = re.compile(r"\b[A-Za-z][A-Za-z0-9_]*\b")


def is_asked_for(name):
    return WORD.fullmatch(name) and "__" not in name and not name.endswith("_")


def run(command, text):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def headers_of(compiler):
    there = []
    for header in HEADERS:
        if run([*compiler, *FLAGS, "-x", "c++", "-fsyntax-only", "-"], f"#include <{header}>\n").returncode == 0:
            there.append(header)
    return "".join(f"#include <{header}>\n" for header in there)


def taken_by(compiler, candidates):
    """The candidates that the compiler rejects, or warns of, as variables."""
    includes = headers_of(compiler)
    macros = run([*compiler, *FLAGS, "-x", "c++", "-dM", "-E", "-"], includes).stdout
    taken = set(re.findall(r"^#define (\w+)", macros, re.M))
    words = set(WORD.findall(run([*compiler, *FLAGS, "-x", "c++", "-E", "-P", "-"], includes).stdout))
    left = sorted(name for name in (candidates | words) - taken if is_asked_for(name))
    errors = "-ferror-limit=0" if "clang" in compiler[0] else "-fmax-errors=0"
    while True:
        lines = "".join(f"inline constexpr Probe {name}{{}};\n" for name in left)
        with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
            source.write(includes + "struct Probe {};\n#line 1 \"probes\"\n" + lines)
            source.flush()
            found = run([*compiler, *FLAGS, errors, "-fsyntax-only", source.name], "")
        bad = {left[int(line) - 1] for line in re.findall(r"^probes:(\d+):.*(?:error|warning):", found.stderr, re.M)
               if int(line) <= len(left)}
        if not bad:
            if found.returncode != 0:
                sys.exit(f"{compiler} fails elsewhere:\n{found.stderr[:2000]}")
            return taken
        taken |= bad
        left = [name for name in left if name not in bad]


def library_symbols():
    names = set()
    for library in ["libc.so.6", "libm.so.6"]:
        for path in glob.glob(f"/lib/*/{library}"):
            symbols = run(["nm", "-D", "--defined-only", path], "").stdout
            names |= {line.split()[2].split("@")[0] for line in symbols.splitlines() if len(line.split()) == 3}
    return names


def main():
    taken = set(KEYWORDS) | set(OURS) | library_symbols()
    candidates = set(taken)
    for compiler in COMPILERS:
        taken |= taken_by(compiler, candidates)
    print("// Made by taken_names.py, which says how.")
    for name in sorted(name for name in taken if is_asked_for(name)):
        print(f'"{name}",')


main()
