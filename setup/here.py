"""Puts the package into its environment, in place: no build environment, so nothing unlocked is fetched.

Run by setup/ready.sh with the environment's own Python, from the project's folder.
"""

import pathlib
import site
import sysconfig

# The first line of a script holds neither a path with a space nor a very long one. So the shell begins, finds Python,
# and Python reads the shell's line as a text. Each worker of a server reads the script again, and must not begin anew.
SCRIPT = """#!/bin/sh
'''exec' "{home}/.venv/bin/python" "$0" "$@"
' '''
from twolatch.faces.commands import main

if __name__ == "__main__":
    main()
"""

home = pathlib.Path.cwd()
pathlib.Path(site.getsitepackages()[0], "twolatch-here.pth").write_text(f"{home / 'src'}\n", encoding="utf-8")
script = pathlib.Path(sysconfig.get_path("scripts"), "twolatch")
script.write_text(SCRIPT.format(home=home), encoding="utf-8")
script.chmod(0o755)
pathlib.Path(".venv/home").write_text(f"{home}\n", encoding="utf-8")  # an environment that was moved is made anew
