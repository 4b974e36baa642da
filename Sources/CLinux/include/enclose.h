// Mounts of a process's own. Like clinux.h: the value, or the negated errno; `*step` is the name of what failed.
#pragma once

enum {
    // With what is mounted below.
    CL_TREE_RECURSIVE = 1,
    // The mount itself is read-only, those below it are as they were.
    CL_TREE_READONLY = 2,
    // No program of it can be executed.
    CL_TREE_NOEXEC = 4,
};
// A copy of a mount with the open file as its root, attached nowhere: no name leads out of it, set-user-id bits and
// device nodes have no effect there, and no mount is passed on in either direction. The file must be of a mount of
// this process's namespace. Answers a descriptor (O_PATH).
int cl_copy_tree(int file, int flags, const char **step);

// The file of a descriptor from another mount namespace, which this one is a copy of: opened again (O_PATH) by its path
// here. Its links are not followed; ESTALE where that is another file by now.
int cl_reopen(int file, const char **step);

// What those see who enter a namespace: a tree of `cl_copy_tree`, at a path below the root.
struct cl_shown {
    int tree;
    const char *place;
};

// Leaves this process in a new mount namespace, and without sight of it. Whoever enters that namespace (setns(2)) has
// a copy of the open folder with all that is mounted below it as root, with a read-only proc of this process's pid
// namespace on its own folder `proc`, where it has one. The process itself has another such copy as its root, alone.
// On the files of the former with these paths are the trees of `shown`, one after the other, where there is one of their
// kind; no link leads out of the root. A folder of -1 stands for an empty one, in both. Flags are CL_TREE_READONLY or 0.
// What was opened before stays usable.
// Answers a descriptor (O_PATH) of a copy of /proc/self/fd, from which nothing else of that proc can be reached.
// To be called by a process with one thread and CAP_SYS_ADMIN; one for which it has failed must end.
int cl_enclose(int folder, int flags, const struct cl_shown *shown, int count, const char **step);
