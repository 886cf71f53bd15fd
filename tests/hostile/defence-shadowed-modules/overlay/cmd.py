import builtins
import sys

builtins.GRADEKIT_FORGED = True
sys.stderr.write("BREACH: a module of the submission was loaded\n")
