"""One file per resource: parse, call one action, answer."""
