"""Each line that begins with BREACH is a wall that is missing. What a host cannot tell is not held against it."""

import os
import resource
import runpy
import socket
import sys

GIB = 1 << 30
missing = []


def lines(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []


def number(*paths):
    """The first word of the first file that there is, as a number; None where nothing can be told."""
    for path in paths:
        for line in lines(path):
            word = line.split()[0]
            return float("inf") if word in ("max", "-1") else int(word)
    return None


def wall(name, stands):
    if not stands:
        missing.append(name)


status = dict(line.split(":\t", 1) for line in lines("/proc/self/status") if ":\t" in line)
wall("user", os.getuid() >= 10000 and os.getgid() >= 10000)
wall("capabilities", all(int(status.get(name, "0"), 16) == 0 for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")))
wall("new privileges", status.get("NoNewPrivs", "1") == "1")
for name, most in (("NOFILE", 4096), ("CORE", 0), ("FSIZE", GIB), ("MEMLOCK", 1 << 16)):
    wall(f"limit {name}", 0 <= resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] <= most)

memory = number("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max")
wall("memory", memory is None or memory <= GIB)
swap = number("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
wall("swap", swap is None or swap <= GIB)
swap = number("/sys/fs/cgroup/memory.swap.max")
wall("swap", swap is None or swap == 0)
processes = number("/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max")
wall("processes", processes is None or processes <= 1024)
quota = number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu.max")
wall("processor", quota is None or quota < float("inf"))

wall("interfaces", [name for _, name in socket.if_nameindex()] == ["lo"])
wall("routes", not lines("/proc/net/route")[1:])
wall("memory of others", not lines("/proc/sysvipc/shm")[1:])
wall("processes of others", not any("infinity" in "".join(lines(f"/proc/{pid}/cmdline")) for pid in os.listdir("/proc")))

mounted = {}
for line in lines("/proc/self/mounts"):
    _, place, kind, flags, *_ = line.split()
    mounted[place] = (kind, flags.split(","))
for place, (kind, flags) in mounted.items():
    if not os.path.isdir(place) or place.startswith(("/proc", "/sys")):
        continue
    if not os.access(place, os.W_OK) and place != "/work":
        continue
    room = os.statvfs(place)
    wall(f"size of {place}", kind != "tmpfs" or 0 < room.f_blocks * room.f_frsize <= GIB // 4)
    wall(f"files of {place}", kind != "tmpfs" or place == "/dev/shm" or 0 < room.f_files <= 100_000)
    if place not in ("/", "/work", "/dev", "/dev/shm", "/dev/pts", "/dev/mqueue"):
        wall(f"nosuid of {place}", "nosuid" in flags)
        wall(f"nodev of {place}", "nodev" in flags)
if "/tmp" in mounted:
    wall("noexec of /tmp", "noexec" in mounted["/tmp"][1])
wall("/work is read-only", not os.access("/work", os.W_OK))
for top, folders, _ in os.walk("/"):  # whatever lies on no mount of its own is the host's disk
    folders[:] = [name for name in folders if os.path.join(top, name) not in mounted]
    if os.access(top, os.W_OK):
        missing.append(f"read-only {top}")

if missing:
    print(*(f"BREACH {name}" for name in missing), sep="\n", flush=True)
    sys.exit(1)
runpy.run_path("app.py", run_name="__main__")
