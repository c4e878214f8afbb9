"""Run npm in pwa/ with the node the build uses: `python tools/npm.py run test`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import npm_command  # noqa: E402

command, environment = npm_command()
sys.exit(subprocess.run([*command, *sys.argv[1:]], cwd=ROOT / "pwa", env=environment, check=False).returncode)
