#include "CSeccomp.h"

uint32_t cs_action_errno(uint16_t value) { return SCMP_ACT_ERRNO(value); }
uint32_t cs_action_trace(uint16_t value) { return SCMP_ACT_TRACE(value); }
