#define _GNU_SOURCE

#include "CLinux.h"

#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

static __thread uintptr_t current_worker;

int egret_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

void egret_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

int egret_usable_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (int)online;
}

void egret_worker_local_set(uintptr_t worker) { current_worker = worker; }

uintptr_t egret_worker_local_get(void) { return current_worker; }
