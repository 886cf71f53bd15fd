import ctypes
import glob
import os
import runpy
import socket
import stat
import sys

import db

breaches = []
libc = ctypes.CDLL(None, use_errno=True)


def door(name, attempt):
    try:
        found = attempt()
    except (OSError, db.DatabaseError, ValueError):
        return
    if found is not None and found is not False:
        breaches.append(f"{name}: {found!r}")


def connects(family, kind, address):
    def attempt():
        with socket.socket(family, kind) as connection:
            connection.settimeout(0.3)
            connection.connect(address)
            return "connected"

    return attempt


for host in ("169.254.169.254", "172.17.0.1", "172.18.0.1", "10.0.0.1", "192.168.0.1", "1.1.1.1"):
    for port in (80, 443, 2375, 53):
        door(f"tcp {host}:{port}", connects(socket.AF_INET, socket.SOCK_STREAM, (host, port)))
    door(f"udp {host}", connects(socket.AF_INET, socket.SOCK_DGRAM, (host, 53)))
door("ipv6", connects(socket.AF_INET6, socket.SOCK_STREAM, ("2606:4700:4700::1111", 443)))
door("dns", lambda: socket.getaddrinfo("example.org", 80))

for cid in (0, 1, 2, 3):
    door(f"vsock {cid}", connects(40, socket.SOCK_STREAM, (cid, 1)))
for family, kind in ((38, socket.SOCK_SEQPACKET), (17, socket.SOCK_RAW), (2, socket.SOCK_RAW), (44, 3), (29, 3)):
    door(f"socket {family}/{kind}", lambda family=family, kind=kind: bool(socket.socket(family, kind)))
interfaces = [name for _, name in socket.if_nameindex()]
if interfaces != ["lo"]:
    breaches.append(f"interfaces: {interfaces}")
if open("/proc/net/route").read().count("\n") > 1:
    breaches.append("routes")
door("abstract sockets", lambda: "@" in open("/proc/net/unix").read() or None)

NUMBERS = {"ptrace": 101, "mount": 165, "unshare user": 272, "setns": 308, "bpf": 321, "userfaultfd": 323,
           "keyctl": 250, "add_key": 248, "io_uring_setup": 425, "perf_event_open": 298, "kexec_load": 246,
           "init_module": 175, "open_by_handle_at": 304, "pivot_root": 155, "process_vm_readv": 310,
           "fsopen": 430, "personality": 135}
for name, number in NUMBERS.items():
    first = {"unshare user": 0x10000000, "personality": 0x0040000}.get(name, 0)
    if libc.syscall(number, first, 0, 0, 0, 0) >= 0:
        breaches.append(name)

for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/postgresql", "/vol", "/hidden/test_calc.py", "/host",
             "/root/.ssh", "/work/.git", "/opt/gradekit/baked"):
    if os.path.exists(path) and (not os.path.isdir(path) or os.listdir(path)):
        breaches.append(f"sees {path}")
for folder in ("/", "/work", "/opt", "/opt/gradekit/bin", "/etc", "/usr/bin", "/proc/sys/kernel", "/sys/fs/cgroup"):
    door(f"writes {folder}", lambda folder=folder: bool(open(f"{folder}/x", "w")))
door("core pattern", lambda: bool(open("/proc/sys/kernel/core_pattern", "w")))
door("sysrq", lambda: bool(open("/proc/sysrq-trigger", "w")))
door("memory", lambda: bool(open("/dev/mem", "rb")))
for top, _, names in os.walk("/usr"):
    for name in names:
        mode = os.lstat(os.path.join(top, name)).st_mode
        if stat.S_ISREG(mode) and mode & 0o6000:
            breaches.append(f"setuid {top}/{name}")
others = [pid for pid in glob.glob("/proc/[0-9]*") if b"postgres" in open(f"{pid}/cmdline", "rb").read()]
if others:
    breaches.append(f"sees processes: {others}")
if os.getuid() < 10000 or "CapEff:\t0000000000000000" not in open("/proc/self/status").read():
    breaches.append("privileges")
allowed = {"DATABASE_URL", "PORT", "PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "HOME", "LANG",
           "TZ", "HOSTNAME", "PWD", "LC_CTYPE", "SHLVL", "OLDPWD", "_"}
if set(os.environ) - allowed:
    breaches.append(f"environment: {sorted(set(os.environ) - allowed)}")

for name in ("postgres", "template0", "template1", "template_0", "template_1", *(f"copy_{n}" for n in range(9))):
    if name != db.URL.path[1:]:
        door(f"database {name}", lambda name=name: bool(db.Connection(database=name)))
for user in ("gradekit", "loader", "reader"):
    door(f"login {user}", lambda user=user: bool(db.Connection(user=user, password=db.URL.password)))
if b"gradekit" in repr(db.Connection().query("select usename from pg_stat_activity where query is not null and query like '%PASSWORD%'")).encode():
    breaches.append("sees statements of the administrator")

if breaches:
    print("BREACH", *breaches, sep="\n  ")
    sys.exit(1)
runpy.run_path("app.py", run_name="__main__")
