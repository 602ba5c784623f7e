kill -STOP $box; sleep infinity
