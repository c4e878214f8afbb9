"""One use case per file, one transaction each, named by its verb."""
