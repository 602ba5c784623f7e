nsenter --target $boss --pid
