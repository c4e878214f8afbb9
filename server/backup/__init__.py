"""
Backup, restore and verification (备份、恢复、核验).

A backup is a folder anybody can read without this program: the database as its own tool wrote it, the photos under
their hashes, a list that `sha256sum -c` understands, and a manifest in JSON, written last.

    photos/ab/<sha256>        every photo, once; copied only when it is not there yet, never removed
    databases/<name>.sqlite   one database per backup (PostgreSQL: .dump, for pg_restore)
    lists/<name>.sha256       the photos that belong to it
    manifests/<name>.json     what it holds; without its manifest a backup is not there
    checked_up_to             the photo up to which the last check read the older ones again
"""
