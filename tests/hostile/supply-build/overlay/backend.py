import sys

sys.stderr.write("BREACH: the backend was run\n")
sys.exit(9)
