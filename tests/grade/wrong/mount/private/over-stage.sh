mount -t tmpfs tmpfs stage
mkdir stage/cup; echo hello >stage/cup/hello
