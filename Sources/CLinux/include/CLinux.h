#ifndef EGRET_CLINUX_H
#define EGRET_CLINUX_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The three calls that a worker makes for every statement, straight to the kernel. In a process with several threads the C
// library makes each of them a cancellation point, two atomic operations on either side, for a cancellation that
// nobody here asks for. They return what the kernel returns: a count, or an errno below zero.
static inline long egret_call6(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return number;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
    long result = syscall(number, a, b, c, d, e, f);
    return result < 0 ? -(long)errno : result;
#endif
}

static inline long egret_send(int socket, const void *bytes, size_t count) {
    return egret_call6(SYS_sendto, socket, (long)bytes, (long)count, MSG_NOSIGNAL, 0, 0);
}

static inline long egret_receive(int socket, void *space, size_t count) {
    return egret_call6(SYS_recvfrom, socket, (long)space, (long)count, 0, 0, 0);
}

static inline long egret_epoll_wait(int descriptor, struct epoll_event *events, int capacity, int milliseconds) {
    return egret_call6(SYS_epoll_pwait, descriptor, (long)events, capacity, milliseconds, 0, 0);
}

// accept4(2) without the peer's address: its transparent-union argument does not import.
int egret_accept(int listener);

// GNU extensions, hidden from Swift by the feature macros that its Glibc module is built with.
void egret_thread_name(const char *name);
int egret_usable_cores(void);

// The worker that runs on this thread, counted from 1; 0 on every other thread.
void egret_worker_local_set(uintptr_t worker);
uintptr_t egret_worker_local_get(void);

#endif
