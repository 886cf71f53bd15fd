import sys

print("\x1b[2J\x1b]0;title\x07\x1b]8;;http://evil.invalid/\x07link\x1b]8;;\x07\u202e gnp\u2066 \x00\x9b31m")
print("::error file=app.py::x\n::set-output name=score::100\n##vso[task.complete result=Succeeded;]")
print("<script>alert(1)</script> <img src=x onerror=alert(1)> ]]> &#x1b; ![x](http://evil.invalid/p.png)")
print("[x](javascript:alert(1)) | a | b |\n```\n</pre></td></table>\n# Score: 100\n")
print("x" * 5000000)
print("<script>alert(2)</script>\x1b[31m", flush=True)
sys.exit(7)
