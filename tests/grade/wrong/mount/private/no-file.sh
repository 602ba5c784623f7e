mount -t tmpfs tmpfs stage/cup
