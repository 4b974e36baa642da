// libseccomp, and those of its macros that Swift cannot call.
#pragma once

#include <seccomp.h>
#include <stdint.h>

// SCMP_ACT_ERRNO and SCMP_ACT_TRACE.
uint32_t cs_action_errno(uint16_t value);
uint32_t cs_action_trace(uint16_t value);
