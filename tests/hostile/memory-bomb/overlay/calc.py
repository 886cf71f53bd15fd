import os

kept = []
for _ in range(3):
    descriptor = os.memfd_create("x")
    os.write(descriptor, bytes(40 << 20))
    kept.append(descriptor)
while True:
    kept.append(bytearray(os.urandom(1 << 16)) * 64)
