echo hello >stage/cup/hello
mount -t tmpfs tmpfs stage/cup
