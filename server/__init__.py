"""THE WORLD: HTTP, database, photo store, pages, jobs and the command line."""
