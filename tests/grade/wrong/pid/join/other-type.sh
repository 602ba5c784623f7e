nsenter --target $boss --uts
