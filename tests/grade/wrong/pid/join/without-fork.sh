nsenter --no-fork --target $boss --pid
