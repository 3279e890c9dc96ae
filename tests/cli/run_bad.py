"""Opens each broken recording of a folder: it is read, or refused in one line
with exit code 3, within a second and, if a number is given, so many MiB.

    run_bad.py COMMAND FOLDER [MIB]
"""
import os
import pathlib
import subprocess
import sys

command, folder = sys.argv[1:3]
mebibytes = int(sys.argv[3]) if sys.argv[3:] and sys.argv[3] else None
failures = refused = 0
for path in sorted(pathlib.Path(folder).iterdir()):
    child = subprocess.Popen(
        [command, "data", "info", f"events:{path}/,sensor=34x34"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = child.stderr.read().decode(errors="replace")
    _, status, used = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status) if hasattr(
        os, "waitstatus_to_exitcode") else status >> 8
    good = code == 0 or (code == 3 and text.count("\n") == 1
                         and "/a/1." in text)
    slow = used.ru_utime + used.ru_stime > 1
    large = mebibytes and used.ru_maxrss > mebibytes * 1024
    refused += code == 3
    if not good or slow or large:
        failures += 1
        print(f"{path} ({(path / 'why').read_text()}): exit code {code}, "
              f"{used.ru_utime + used.ru_stime:.2f} s, "
              f"{used.ru_maxrss} KiB: {text}", file=sys.stderr)
print(f"{refused} refused, {failures} failures")
sys.exit(failures > 0 or refused < 50)
