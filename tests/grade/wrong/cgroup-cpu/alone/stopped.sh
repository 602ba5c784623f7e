kill -STOP $gold_loop
