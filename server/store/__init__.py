"""Queries, one file per resource: rows in, domain values out."""
