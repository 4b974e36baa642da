// What the files of this target share.
#pragma once

#include "cagent.h"

#define CALL_6(n, a, b, c, d, e, f, ...)                                                           \
    ca_system_call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e),   \
                   (uint64_t)(f))
#define CALL(...) CALL_6(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

// Copies the entries of one open folder into another. Depth counts from 0.
int64_t ca_copy_tree(int from, int to, int depth);

// Opens a path below a root (O_PATH), and makes it, a folder or a file, where it is missing, with the folders on the way.
int64_t ca_make_path(int root, const char *path, int is_folder);
