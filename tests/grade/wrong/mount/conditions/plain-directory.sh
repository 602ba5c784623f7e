pivot_root stage/plain stage/plain
