// Starting other processes. Like clinux.h: the value, or the negated errno.
#pragma once

// Starts a program in a session of its own, in a folder, with no signal blocked or handled, and exactly
// the open descriptors fds[0] ... fds[count-1] as its 0 ... count-1. Answers its pid.
int cl_spawn(const char *path, char *const argv[], char *const envp[], const char *folder,
             const int *fds, int count);

// Forks a guard: a process that holds nothing open but what it is given, and waits at `socket`.
//   'p' with a pidfd (SCM_RIGHTS): the process that it is to end.
//   'f' with a folder (SCM_RIGHTS): the one that it is to remove, wherever `name` is still that folder.
//   'c' with a path and a zero byte: a control group that it is to remove.
//   'm' with a socket (SCM_RIGHTS), then 2 bytes of length and a message of at most 256: what it is to send there.
//   'd': its maker has finished in order; the guard ends.
//   end of the stream: the maker has died. The guard kills that process, waits for its end, sends the
//   messages, removes the groups, the folder `temporary` in `parent` and that folder, with the files in them, and gives the terminal `tty`
//   (or -1) the settings that it had when the guard was made.
// To be called by a process with one thread. Answers the guard's pid.
int cl_guard(int socket, int parent, const char *name, const char *temporary, int tty);
