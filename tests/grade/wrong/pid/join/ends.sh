nsenter --target $boss --pid sh -c 'echo $$'
