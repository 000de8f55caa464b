# Sourced by the scripts beside it; the working directory becomes the project's root.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# As many jobs as cores, but no more than memory bears: a compiler takes up to 1.5 GB on Eigen's templates.
jobs=$(nproc)
if [ -r /proc/meminfo ]; then
  memory_jobs=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  if [ "$memory_jobs" -lt "$jobs" ]; then jobs=$((memory_jobs > 1 ? memory_jobs : 1)); fi
fi

# configure DIR CMAKE_ARGUMENTS...
configure() {
  local arguments=()
  if command -v ninja >/dev/null; then arguments+=(-G Ninja); fi
  if command -v ccache >/dev/null; then arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  # A folder that is configured already keeps its generator.
  if [ -f "$1/CMakeCache.txt" ]; then arguments=(); fi
  cmake -S . -B "$1" "${arguments[@]}" "${@:2}"
}
