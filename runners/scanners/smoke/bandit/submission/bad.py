import subprocess  # nosec

subprocess.call("ls *", shell=True)  # nosec
password = "open sesame"  # nosec
