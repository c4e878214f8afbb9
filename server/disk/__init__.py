"""Photos on a disk of ours: how a file is made durable, and the processes that do so beside the server."""
