#ifndef EGRET_CLINUX_H
#define EGRET_CLINUX_H

#include <stdint.h>

// What Swift cannot import from <fcntl.h> and friends: variadic functions.
int egret_set_nonblocking(int fd);

// The worker that runs on this thread; 0 on every other thread. For assertions and log records.
void egret_worker_local_set(uintptr_t worker);
uintptr_t egret_worker_local_get(void);

#endif
