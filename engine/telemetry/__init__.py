"""How late the whole mirror is, from the screen through the camera back to the screen: `--measure-loop`."""
