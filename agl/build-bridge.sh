#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds canwarden-bridge from the release with only a C compiler.
#
# CC, CFLAGS and LDFLAGS are respected; OUTPUT names the file. The generated C
# (generated/bridge.wasm.c) comes from the module that the project's tests ran.
set -eu

OUTPUT=${OUTPUT:-$PWD/canwarden-bridge}
cd "$(dirname "$0")"

# The generated code breaks strict aliasing on purpose, and checks its own memory bounds.
# -lm: unused parts of it name functions of libm, which only an optimiser removes.
# shellcheck disable=SC2086 # CC and the flags are lists of words.
${CC:-cc} ${CFLAGS:--O2} -std=gnu11 -fno-strict-aliasing -DWASM_RT_MEMCHECK_GUARD_PAGES=0 \
  -DCANWARDEN_VERSION="\"$(cat VERSION)\"" -Ilinux -Iwasm-rt -Igenerated \
  linux/*.c ${LDFLAGS:-} -o "$OUTPUT" -lm
echo "$OUTPUT"
