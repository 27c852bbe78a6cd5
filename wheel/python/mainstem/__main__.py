"""`python -m mainstem` is the command `mainstem`."""

import subprocess
import sys

from mainstem import command

sys.exit(subprocess.call([command(), *sys.argv[1:]]))
