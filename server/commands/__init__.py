"""Commands of `yanshou`, one file each; `server/cli.py` names them."""
