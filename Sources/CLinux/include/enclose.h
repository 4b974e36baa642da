// A mount namespace with nothing in it but one folder. Like clinux.h: the value, or the negated errno.
#pragma once

enum { CL_ENCLOSE_READONLY = 1 };
// Leaves this process in a new mount namespace whose root is the open folder with what is mounted below it, and
// with a read-only proc of this process's pid namespace on its own folder `proc`, where it has one. No mount is
// passed on in either direction, set-user-id bits and device nodes have no effect there, and with READONLY the
// root's own mount is read-only. What was opened before stays usable.
// Answers a descriptor (O_PATH) of that proc's `self/fd`, which is good whether or not proc is to be seen.
// `*step` is the name of what failed. To be called by a process with one thread and CAP_SYS_ADMIN; one for which
// it has failed must end.
int cl_enclose(int folder, int flags, const char **step);
