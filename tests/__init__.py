"""Tests mirror the packages file for file; `journeys/` tells whole stories, `structure/` reads the program itself."""
