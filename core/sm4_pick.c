/* Machines without their own lanes for SM4.  x86/sm4_pick.c is the other. */
#if !defined(__x86_64__)

#include "sm4_lanes.h"

const sm4_lanes *sm4_lanes_pick(void)
{
    return &sm4_lanes_portable;
}

const sm4_lanes *sm4_lanes_get(unsigned i)
{
    return i ? 0 : &sm4_lanes_portable;
}

#endif
