#!/usr/bin/env bash
# Builds core and cosign for the browser, with clang and lld of LLVM 14.
#   wasm/build.sh OUT.wasm        the product: exports exactly wasm/exports.txt
#   wasm/build.sh --units FOLDER  the unit tests of core, FOLDER/<name>.wasm
# Does nothing when the result is newer than every source.
#
# Compiling and linking are two steps: the clang driver would run wasm-opt by
# itself if there is one in PATH, so the result would depend on the machine.
set -euo pipefail
case ${1:-} in
--units) mode=units out=$(realpath -m "$2") ;;
'' | -*) sed -n '2,5s/^# \?//p' "$0"; exit 2 ;;
*) mode=product out=$(realpath -m "$1") ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CC=${WASM_CC:-clang-14}
LD=${WASM_LD:-wasm-ld-14}
flags=(--target=wasm32 -std=gnu11 -O3 -ffreestanding -fvisibility=hidden
    -mbulk-memory -fno-strict-overflow -Wall -Wextra -Werror
    -Wno-missing-field-initializers -Iwasm/include -Iinclude -I.)
# The stack lies lowest, so running over it traps.  Memory never grows:
# JavaScript's views of it stay valid.
link=(--no-entry --strip-all --stack-first -z stack-size=131072
    --initial-memory=1048576 --max-memory=1048576)

# Units need nothing but core; test_*_cross.c stand beside other libraries.
units=()
for t in test/core/test_*.c; do
    [[ $t == *_cross.c ]] || units+=("$(basename "${t%.c}" | sed s/^test_//)")
done

is_fresh() {
    local stamp=$1
    [[ -e $stamp ]] && [[ -z $(find core cosign include wasm test/core \
        test/wasm/include tools/gen_base_table.py tools/vectors_to_c.py \
        test/vectors -newer "$stamp" -print -quit) ]]
}
stamp=$out
[[ $mode == units ]] && stamp=$out/stamp
is_fresh "$stamp" && exit 0

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# compile NAME SOURCE FLAG...: to $tmp/NAME.o
compile() {
    local name=$1 source=$2
    shift 2
    "$CC" "$@" "${flags[@]}" -c "$source" -o "$tmp/$name.o"
}

python3 tools/gen_base_table.py 29 "$tmp/curve_29.c"
sources=("$tmp/curve_29.c" wasm/libc.c)
for s in core/*.c cosign/*.c; do
    # 64-bit limbs are the native half of core.
    [[ $s == *_64.c || ! -e $s ]] || sources+=("$s")
done
objects=()
pids=()
wait_all() {
    local pid
    for pid in "${pids[@]}"; do wait "$pid"; done
    pids=()
}
for s in "${sources[@]}"; do
    name=$(tr / _ <<<"${s%.c}" | sed 's/.*curve/curve/')
    objects+=("$tmp/$name.o")
    compile "$name" "$s" &
    pids+=($!)
    ((${#pids[@]} < 2)) || wait_all
done
wait_all

if [[ $mode == product ]]; then
    exports=()
    while read -r symbol; do
        [[ $symbol == memory ]] || exports+=("--export=$symbol")
    done <wasm/exports.txt
    compile glue wasm/glue.c
    "$LD" "${link[@]}" "${exports[@]}" -o "$tmp/out.wasm" "$tmp/glue.o" \
        "${objects[@]}"
    mkdir -p "$(dirname "$out")"
    mv "$tmp/out.wasm" "$out"
    exit
fi

mkdir -p "$out"
compile unit test/wasm/unit.c -Itest/wasm/include
for v in test/vectors/*.json; do
    python3 tools/vectors_to_c.py "$v" "$tmp/$(basename "${v%.json}").h"
done
for u in "${units[@]}"; do
    compile "test_$u" "test/core/test_$u.c" -Itest/wasm/include -I"$tmp" \
        -Dmain=unit_tests -Wno-unused-parameter
    # A test that includes a source of core stands for that source.
    linked=()
    own=$(sed -n 's/^#include "core\/\(.*\)\.c"$/core_\1.o/p' \
        "test/core/test_$u.c")
    for o in "${objects[@]}"; do
        grep -qxF "${o##*/}" <<<"$own" || linked+=("$o")
    done
    "$LD" "${link[@]}" --export=unit_count --export=unit_name \
        --export=unit_run --export=unit_message -o "$out/$u.wasm" \
        "$tmp/unit.o" "$tmp/test_$u.o" "${linked[@]}"
done
touch "$stamp"
