kill -STOP $outer; sleep infinity
