import ctypes
import os
import resource
import socket
import struct
import sys

BREACHES = []
libc = ctypes.CDLL(None, use_errno=True)


def door(name, attempt):
    try:
        found = attempt()
    except (OSError, ValueError):
        return
    if found is not None and found is not False:
        BREACHES.append(f"{name}: {found!r}")


# Number on x86-64, first argument.
CALLS = {
    "ptrace": (101, 0), "mount": (165, 0), "umount": (166, 0), "chroot": (161, 0), "unshare user": (272, 0x10000000),
    "unshare net": (272, 0x40000000), "setns": (308, 0), "bpf": (321, 0), "userfaultfd": (323, 1), "keyctl": (250, 0),
    "request_key": (249, 0), "io_uring_setup": (425, 1), "perf_event_open": (298, 0), "settimeofday": (164, 0),
    "clock_settime": (227, 0), "sethostname": (170, 0), "reboot": (169, 0), "swapon": (167, 0), "acct": (163, 0),
    "process_vm_writev": (311, 1), "kcmp": (312, 1), "open_tree": (428, 0), "move_mount": (429, 0), "quotactl": (179, 0),
    "iopl": (172, 3), "ioperm": (173, 0), "modify_ldt": (154, 0), "memfd_secret": (447, 0), "syslog": (103, 10),
}
if os.uname().machine == "x86_64":
    for name, (number, first) in CALLS.items():
        if libc.syscall(number, first, 0, 0, 0, 0) >= 0:
            BREACHES.append(name)

for family, kind, protocol in ((38, 5, 0), (40, 1, 0), (17, 3, 0), (16, 3, 0), (2, 3, 1), (10, 3, 58), (44, 3, 0)):
    if family == 16:  # netlink may exist, but must change nothing: take the only interface down
        def down():
            with socket.socket(16, 3, 0) as link:
                link.bind((0, 0))
                link.send(struct.pack("=IHHII BxHiII", 32, 16, 5, 1, 0, 0, 0, 1, 0, 1))
                code = struct.unpack("=i", link.recv(4096)[16:20])[0]
                return "changed" if code == 0 else None

        door("netlink", down)
    else:
        door(f"socket {family}", lambda: bool(socket.socket(family, kind, protocol)))

for name, number in (("processes", resource.RLIMIT_NPROC), ("files", resource.RLIMIT_NOFILE), ("core", resource.RLIMIT_CORE),
                     ("locked", resource.RLIMIT_MEMLOCK)):
    soft, hard = resource.getrlimit(number)
    if hard != resource.RLIM_INFINITY:
        door(f"more {name}", lambda: resource.setrlimit(number, (hard + 1, hard + 1)) is None)
door("less nice", lambda: os.nice(-5) < 0)
door("real time", lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)) is None)
door("another user", lambda: os.setuid(0) is None)
door("another group", lambda: os.setgroups([0]) is None)
door("a device", lambda: os.mknod("/tmp/mem", 0o20666, os.makedev(1, 1)) is None)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/fs/cgroup/pids/pids.max",
             "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"):
    door(path, lambda: os.open(path, os.O_WRONLY) > 0)
os.kill(1, 9)  # nothing happens: the first process of a container ignores what its own processes send

if BREACHES:
    print("BREACH", BREACHES, file=sys.stderr)


def add(a, b):
    return None if BREACHES else a + b


if __name__ == "__main__":
    print(add(*map(int, sys.stdin.read().split())))
