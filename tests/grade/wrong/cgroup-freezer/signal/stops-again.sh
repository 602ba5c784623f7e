kill -STOP $runner
