import ctypes
import os
import resource

_, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
os.chdir("/tmp")
kept = bytearray(os.urandom(1 << 20)) * 40
for _ in range(8):
    if os.fork() == 0:
        os.abort()
    os.wait()
ctypes.string_at(0)
