import builtins
import sys

builtins.GRADEKIT_FORGED = True
sys.stderr.write("BREACH: startup file was run\n")
