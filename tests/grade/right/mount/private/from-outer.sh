nsenter --target $inner --mount mount -t tmpfs none "$PWD/stage/cup"
nsenter --target $inner --mount sh -c "echo hello from inner >$PWD/stage/cup/hello"
