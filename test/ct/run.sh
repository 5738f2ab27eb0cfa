#!/usr/bin/env bash
# No branch and no address depends on a secret: core (and cosign, where its
# file ct_cosign.c is there) under Valgrind, compiled by gcc and clang at each
# level of optimisation, on both limb widths.
#
#   test/ct/run.sh                          all of it, as TAP
#   test/ct/run.sh clang -O2 64 [CASE ...]  one of it, with Valgrind's report
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
export LC_ALL=C.UTF-8
jobs=${BZT_JOBS:-2}

build() # FOLDER COMPILER OPTIMISATION WIDTH
{
    local folder=$1 cc=$2 opt=$3 width=$4 flags sources
    if [ "$cc" = clang ]; then cc=clang-14; fi # Debian's name for it
    # -gdwarf-4: Valgrind 3.19 fails on the DWARF 5 of clang 14.
    flags=(-std=gnu11 -D_GNU_SOURCE -gdwarf-4 -DBZT_VALGRIND "$opt" -I"$root"
           -I"$root/include")
    [ "$width" = 29 ] && flags+=(-DBZT_LIMBS_29)
    mapfile -t sources < <(find "$root/core" -name '*.c' |
        grep -v -e '_64\.c$' -e '_29\.c$')
    sources+=("$root"/core/*_"$width".c)
    sources+=("$root/test/ct/ct_main.c" "$root/test/ct/ct_core.c")
    if [ -e "$root/test/ct/ct_cosign.c" ]; then
        flags+=(-DBZT_CT_COSIGN)
        sources+=("$root/test/ct/ct_cosign.c" "$root"/cosign/*.c)
    fi
    python3 "$root/tools/gen_base_table.py" "$width" "$folder/curve.c" &&
        "$cc" "${flags[@]}" "${sources[@]}" "$folder/curve.c" \
            -o "$folder/ct"
}

grind() # FOLDER ARGUMENT ...
{
    local folder=$1
    shift
    valgrind --quiet --error-exitcode=99 --leak-check=no \
        "$folder/ct" "$@"
}

# The controls count as part of each configuration: a build in which Valgrind
# sees nothing must not pass.
configuration() # COMPILER OPTIMISATION WIDTH [CASE ...]
{
    local folder status=0 leak
    folder=$(mktemp -d)
    if ! build "$folder" "$1" "$2" "$3"; then
        rm -rf "$folder"
        return 1
    fi
    shift 3
    grind "$folder" "$@" || status=1
    for leak in --leak-branch --leak-index; do
        grind "$folder" "$leak" >"$folder/leak.log" 2>&1
        if [ $? -ne 99 ]; then
            echo "the control $leak was not caught"
            status=1
        fi
    done
    rm -rf "$folder"
    return $status
}

one() # NUMBER COMPILER OPTIMISATION WIDTH: a line of TAP
{
    local log
    if log=$(configuration "$2" "$3" "$4" 2>&1); then
        echo "ok $1 - constant time with $2 $3, $4-bit limbs"
    else
        printf '%s\n' "$log" | head -60 | sed 's/^/# /'
        echo "not ok $1 - constant time with $2 $3, $4-bit limbs"
    fi
}

if [ $# -ge 3 ]; then
    configuration "$@"
    exit
fi

export -f build grind configuration one
export root
list=()
for compiler in gcc clang; do
    for opt in -O0 -O1 -O2 -O3 -Os; do
        for width in 64 29; do
            list+=("$((${#list[@]} + 1)) $compiler $opt $width")
        done
    done
done
echo "1..${#list[@]}"
out=$(printf '%s\n' "${list[@]}" |
    xargs -P "$jobs" -I{} bash -c 'one $0 $1 $2 $3' {} 2>&1)
printf '%s\n' "$out"
! grep -q '^not ok' <<<"$out"
