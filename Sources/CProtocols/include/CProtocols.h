// The descriptors of the messages that have frames of their own. Swift sees the generated constants as
// values and could not take their addresses.
#pragma once

#include "vmrun.pb-c.h"

const ProtobufCMessageDescriptor *vmrun_agent_request_descriptor(void);
const ProtobufCMessageDescriptor *vmrun_agent_message_descriptor(void);
const ProtobufCMessageDescriptor *vmrun_sandbox_configuration_descriptor(void);
const ProtobufCMessageDescriptor *vmrun_jail_configuration_descriptor(void);
const ProtobufCMessageDescriptor *vmrun_sandbox_report_descriptor(void);
const ProtobufCMessageDescriptor *vmrun_sandbox_request_descriptor(void);
const ProtobufCMessageDescriptor *vmrun_sandbox_reply_descriptor(void);
