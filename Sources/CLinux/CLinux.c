#include "CLinux.h"

#include <fcntl.h>

static __thread uintptr_t current_worker;

int egret_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? flags : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void egret_worker_local_set(uintptr_t worker) { current_worker = worker; }

uintptr_t egret_worker_local_get(void) { return current_worker; }
