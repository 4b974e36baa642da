// Of the files that arrange descriptors for other processes.
#pragma once

// Copies live up here until they are moved to their places, so that none is overwritten by another.
#define HIGH 512
#define MAX_SPAWN 256
