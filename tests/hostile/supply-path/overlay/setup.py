import os

os.system('touch /tmp/BREACH')
