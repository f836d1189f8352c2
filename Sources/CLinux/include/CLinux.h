#ifndef EGRET_CLINUX_H
#define EGRET_CLINUX_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// accept4(2) without the peer's address: its transparent-union argument does not import.
int egret_accept(int listener);

// GNU extensions, hidden from Swift by the feature macros that its Glibc module is built with.
void egret_thread_name(const char *name);
int egret_usable_cores(void);

// The worker that runs on this thread, counted from 1; 0 on every other thread.
void egret_worker_local_set(uintptr_t worker);
uintptr_t egret_worker_local_get(void);

#endif
