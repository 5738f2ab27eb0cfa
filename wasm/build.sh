#!/usr/bin/env bash
# Builds core and cosign for the browser, with clang and lld of LLVM 14.
#   wasm/build.sh OUT.wasm        the product: exports exactly wasm/exports.txt
#   wasm/build.sh --units FOLDER  the unit tests of core and cosign, each as
#                                 FOLDER/<module>_<name>.wasm
# Does nothing when the result is newer than every source.
#
# Compiling and linking are two steps: the clang driver would run wasm-opt by
# itself if there is one in PATH, so the result would depend on the machine.
set -euo pipefail
case ${1:-} in
--units) mode=units out=$(realpath -m "$2") stamp=$out/stamp ;;
'' | -*) sed -n '2,6s/^# \?//p' "$0"; exit 2 ;;
*) mode=product out=$(realpath -m "$1") stamp=$out ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CC=${WASM_CC:-clang-14}
LD=${WASM_LD:-wasm-ld-14}
flags=(--target=wasm32 -std=gnu11 -O3 -ffreestanding -fvisibility=hidden
    -mbulk-memory -fno-strict-overflow -Wall -Wextra -Werror
    -Wno-missing-field-initializers -Iwasm/include -Iinclude -I.)
# The stack lies lowest, so running over it traps.  Memory never grows:
# JavaScript's views of it stay valid.
link=(--no-entry --strip-all --stack-first)
product_memory=(-z stack-size=131072 --initial-memory=1048576
    --max-memory=1048576)
unit_memory=(-z stack-size=1048576 --initial-memory=16777216
    --max-memory=16777216)

read_from=(core cosign include wasm tools/gen_base_table.py)
[[ $mode == product ]] || read_from+=(test/core test/cosign test/wasm
    test/vectors tools/vectors_to_c.py)
[[ -e $stamp ]] &&
    [[ -z $(find "${read_from[@]}" -newer "$stamp" -print -quit) ]] && exit 0

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# compile NAME SOURCE FLAG...: to $tmp/NAME.o; two at a time.
running=()
compile() {
    local name=$1 source=$2
    shift 2
    "$CC" "$@" "${flags[@]}" -c "$source" -o "$tmp/$name.o" &
    running+=($!)
    ((${#running[@]} < 2)) || finish
}
finish() {
    local pid
    for pid in "${running[@]}"; do wait "$pid"; done
    running=()
}

python3 tools/gen_base_table.py 29 "$tmp/curve_29.c"
compile curve_29 "$tmp/curve_29.c"
compile libc wasm/libc.c
objects=("$tmp/curve_29.o" "$tmp/libc.o")
for s in core/*.c cosign/*.c; do
    [[ $s == *_64.c ]] && continue # the limbs of 64-bit machines
    name=${s%.c}
    name=${name/\//_}
    compile "$name" "$s"
    objects+=("$tmp/$name.o")
done

if [[ $mode == product ]]; then
    compile glue wasm/glue.c
    finish
    exports=()
    while read -r symbol; do
        [[ $symbol == memory ]] || exports+=("--export=$symbol")
    done <wasm/exports.txt
    "$LD" "${link[@]}" "${product_memory[@]}" "${exports[@]}" \
        -o "$tmp/out.wasm" "$tmp/glue.o" "${objects[@]}"
    mkdir -p "$(dirname "$out")"
    mv "$tmp/out.wasm" "$out"
    exit
fi

# Units need nothing but these two modules; test_*_cross.c stand beside other
# libraries, and so stay native.
units=()
for t in test/core/test_*.c test/cosign/test_*.c; do
    [[ $t == *_cross.c || ! -e $t ]] || units+=("$t")
done
# test/core/test_sm3.c: test_core_sm3
unit_name() {
    local t=${1%.c}
    t=${t#test/}
    echo "test_${t%%/*}_${t##*/test_}"
}
for v in test/vectors/*.json; do
    python3 tools/vectors_to_c.py "$v" "$tmp/$(basename "${v%.json}").h"
done
for_units=(-Itest/wasm/include -I"$tmp" -Dmain=unit_tests
    -Wno-unused-parameter)
compile unit test/wasm/unit.c "${for_units[@]}"
[[ ! -e test/cosign/world.c ]] ||
    compile world test/cosign/world.c "${for_units[@]}"
for t in "${units[@]}"; do
    compile "$(unit_name "$t")" "$t" "${for_units[@]}"
done
finish

mkdir -p "$out"
rm -f "$out"/*.wasm
for t in "${units[@]}"; do
    name=$(unit_name "$t")
    linked=("$tmp/unit.o" "$tmp/$name.o")
    [[ $t != test/cosign/* ]] || linked+=("$tmp/world.o")
    # A test that includes a source of core stands for that source.
    own=$(sed -n 's/^#include "core\/\(.*\)\.c"$/core_\1.o/p' "$t")
    for o in "${objects[@]}"; do
        grep -qxF "${o##*/}" <<<"$own" || linked+=("$o")
    done
    "$LD" "${link[@]}" "${unit_memory[@]}" --export=unit_count \
        --export=unit_name --export=unit_run --export=unit_message \
        -o "$out/${name#test_}.wasm" "${linked[@]}"
done
touch "$stamp"
