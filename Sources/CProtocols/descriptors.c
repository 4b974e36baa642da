#include "CProtocols.h"

#define DESCRIPTOR(name)                                                                           \
    const ProtobufCMessageDescriptor *vmrun_##name##_descriptor(void) {                            \
        return &vmrun__##name##__descriptor;                                                       \
    }

DESCRIPTOR(agent_request)
DESCRIPTOR(agent_message)
DESCRIPTOR(sandbox_configuration)
DESCRIPTOR(jail_configuration)
DESCRIPTOR(sandbox_report)
DESCRIPTOR(sandbox_request)
DESCRIPTOR(sandbox_reply)
