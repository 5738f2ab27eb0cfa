/* Machines without their own compression for SM3; x86/sm3_avx.c has one. */
#if !defined(__x86_64__)

#include "sm3_lanes.h"

const sm3_lanes *sm3_lanes_pick(void)
{
    return &sm3_lanes_portable;
}

const sm3_lanes *sm3_lanes_get(unsigned i)
{
    return i ? 0 : &sm3_lanes_portable;
}

#endif
